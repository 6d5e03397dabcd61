/** How clients quote: the answer on top, below, between; attributions of many languages; signatures. */
import { makeMail } from "../../fakes/email/mails.ts";
import type { MailCase } from "./case.ts";

const QUOTE = "> Hello,\n> your parcel is on its way.\n>\n> Mara";
const of = (name: string, text: string, shown: string, folded = true): MailCase => ({ name, raw: makeMail({ subject: "Re: My order", text }), want: { text: shown, folded } });

/** [client and language, the line or lines above the quote] */
const ATTRIBUTIONS: [string, string][] = [
  ["Gmail, English", "On Tue, Mar 12, 2024 at 10:00 AM Mara (Shop) <support@shop.example> wrote:"],
  ["Gmail, English, wrapped", "On Tue, Mar 12, 2024 at 10:00 AM Mara from the Shop with a long name\n<support@shop.example> wrote:"],
  ["Apple Mail, English", "On 12 Mar 2024, at 10:00, Mara <support@shop.example> wrote:"],
  ["Thunderbird, English", "On 12.03.24 10:00, Mara wrote:"],
  ["Gmail, British", "On Tue, 12 Mar 2024, 10:00 Mara, <support@shop.example> wrote:"],
  ["Gmail, German", "Am Di., 12. März 2024 um 10:00 Uhr schrieb Mara (Shop) <\nsupport@shop.example>:"],
  ["Thunderbird, German", "Am 12.03.24 um 10:00 schrieb Mara:"],
  ["Apple Mail, German", "Am 12.03.2024 um 10:00 schrieb Mara <support@shop.example>:"],
  ["Gmail, French", "Le mar. 12 mars 2024 à 10:00, Mara <support@shop.example> a écrit :"],
  ["Apple Mail, French, no-break space", "Le 12 mars 2024 à 10:00, Mara <support@shop.example> a écrit\u00a0:"],
  ["Gmail, Spanish", "El mar, 12 mar 2024 a las 10:00, Mara (<support@shop.example>) escribió:"],
  ["Gmail, Portuguese of Brazil", "Em ter., 12 de mar. de 2024 às 10:00, Mara <support@shop.example>\nescreveu:"],
  ["Apple Mail, Portuguese", "No dia 12/03/2024, às 10:00, Mara <support@shop.example> escreveu:"],
  ["Gmail, Italian", "Il giorno mar 12 mar 2024 alle ore 10:00 Mara <support@shop.example>\nha scritto:"],
  ["Gmail, Dutch", "Op di 12 mrt 2024 om 10:00 schreef Mara <support@shop.example>:"],
  ["Thunderbird, Dutch", "Op 12-03-2024 om 10:00 schreef Mara:"],
  ["Gmail, Polish", "wt., 12 mar 2024 o 10:00 Mara <support@shop.example> napisał(a):"],
  ["Thunderbird, Polish", "W dniu 12.03.2024 o 10:00, Mara pisze / napisał:"],
  ["Gmail, Swedish", "Den tis 12 mars 2024 kl 10:00 skrev Mara <support@shop.example>:"],
  ["Gmail, Danish", "Den tir. 12. mar. 2024 kl. 10.00 skrev Mara <support@shop.example>:"],
  ["Gmail, Norwegian", "tir. 12. mars 2024 kl. 10:00 skrev Mara <support@shop.example>:"],
  ["Gmail, Finnish", "ti 12. maalisk. 2024 klo 10.00 Mara (support@shop.example) kirjoitti:"],
  ["Gmail, Czech", "út 12. 3. 2024 v 10:00 odesílatel Mara <support@shop.example> napsal:"],
  ["Gmail, Russian", "вт, 12 мар. 2024 г. в 10:00, Mara <support@shop.example>:"],
  ["Thunderbird, Russian", "12.03.2024 10:00, Mara пишет:"],
  ["Mail.ru", "Вторник, 12 марта 2024, 10:00 +03:00 от Mara <support@shop.example>:"],
  ["Gmail, Ukrainian", "вт, 12 бер. 2024 р. о 10:00 Mara <support@shop.example> пише:"],
  ["Gmail, Turkish", "Mara <support@shop.example>, 12 Mar 2024 Sal, 10:00 tarihinde şunu yazdı:"],
  ["Gmail, Japanese", "2024年3月12日(火) 10:00 Mara <support@shop.example>:"],
  ["Apple Mail, Japanese", "2024/03/12 10:00、Maraのメール:"],
  ["Gmail, Chinese", "Mara <support@shop.example> 于2024年3月12日周二 10:00写道："],
  ["Gmail, Chinese of Taiwan", "Mara <support@shop.example> 於 2024年3月12日 週二 上午10:00寫道："],
  ["Gmail, Korean", "2024년 3월 12일 (화) 오전 10:00, Mara <support@shop.example>님이 작성:"],
  ["Gmail, Hungarian", "Mara <support@shop.example> ezt írta (időpont: 2024. márc. 12., K, 10:00):"],
  ["Gmail, Romanian", "În mar., 12 mar. 2024 la 10:00, Mara <support@shop.example> a scris:"],
  ["Gmail, Greek", "Στις Τρί 12 Μαρ 2024 στις 10:00 π.μ., ο/η Mara <support@shop.example> έγραψε:"],
  ["Gmail, Hebrew", "‫בתאריך יום ג׳, 12 במרץ 2024 ב-10:00 מאת ‪Mara‬‏ <‪support@shop.example‬‏>:‬ כתב:"],
  ["Gmail, Vietnamese", "Vào Th 3, 12 thg 3, 2024 vào lúc 10:00 Mara <support@shop.example> đã viết:"],
  ["Gmail, Indonesian", "Pada tanggal Sel, 12 Mar 2024 pukul 10.00 Mara <support@shop.example> menulis:"],
  ["an old newsreader", "Mara wrote:"],
];

/** [client, header lines in its language] */
const HEADER_BLOCKS: [string, string][] = [
  ["Outlook, English", "From: Mara <support@shop.example>\nSent: Tuesday, March 12, 2024 10:00 AM\nTo: Ana Lima <ana@customer.example>\nSubject: Re: My order"],
  ["Outlook, English, ruled", "________________________________\nFrom: Mara <support@shop.example>\nSent: Tuesday, March 12, 2024 10:00 AM\nTo: Ana\nSubject: Re: My order"],
  ["Outlook, English, stars", "*From:* Mara <support@shop.example>\n*Sent:* Tuesday, March 12, 2024 10:00 AM\n*To:* Ana\n*Subject:* Re: My order"],
  ["Outlook, old", "-----Original Message-----\nFrom: Mara [mailto:support@shop.example]\nSent: Tuesday, March 12, 2024 10:00 AM\nTo: Ana\nSubject: My order"],
  ["Outlook, German", "Von: Mara <support@shop.example>\nGesendet: Dienstag, 12. März 2024 10:00\nAn: Ana Lima\nBetreff: Re: My order"],
  ["web.de", "Gesendet: Dienstag, 12. März 2024 um 10:00 Uhr\nVon: \"Mara\" <support@shop.example>\nAn: ana@customer.example\nBetreff: Re: My order"],
  ["Outlook, French", "De : Mara <support@shop.example>\nEnvoyé : mardi 12 mars 2024 10:00\nÀ : Ana Lima\nObjet : Re: My order"],
  ["Outlook, Spanish", "De: Mara <support@shop.example>\nEnviado el: martes, 12 de marzo de 2024 10:00\nPara: Ana Lima\nAsunto: Re: My order"],
  ["Outlook, Italian", "Da: Mara <support@shop.example>\nInviato: martedì 12 marzo 2024 10:00\nA: Ana Lima\nOggetto: Re: My order"],
  ["Outlook, Dutch", "Van: Mara <support@shop.example>\nVerzonden: dinsdag 12 maart 2024 10:00\nAan: Ana Lima\nOnderwerp: Re: My order"],
  ["Outlook, Polish", "Od: Mara <support@shop.example>\nWysłano: wtorek, 12 marca 2024 10:00\nDo: Ana Lima\nTemat: Re: My order"],
  ["Outlook, Swedish", "Från: Mara <support@shop.example>\nSkickat: den 12 mars 2024 10:00\nTill: Ana Lima\nÄmne: Re: My order"],
  ["Outlook, Russian", "От: Mara <support@shop.example>\nОтправлено: 12 марта 2024 г. 10:00\nКому: Ana Lima\nТема: Re: My order"],
  ["Outlook, Chinese", "发件人: Mara <support@shop.example>\n发送时间: 2024年3月12日 10:00\n收件人: Ana Lima\n主题: Re: My order"],
  ["Outlook, Japanese", "差出人: Mara <support@shop.example>\n送信日時: 2024年3月12日 10:00\n宛先: Ana Lima\n件名: Re: My order"],
];

/** Apps' lines under a mail. */
const APPS = ["Sent from my iPhone", "Sent from Outlook for Android", "Get Outlook for iOS<https://aka.ms/o0ukef>", "Von meinem iPhone gesendet", "Gesendet mit der GMX iPhone App", "Envoyé de mon iPhone", "Enviado desde mi iPhone", "Inviato da iPhone", "Verzonden vanaf mijn iPhone", "Отправлено с iPhone", "iPhoneから送信", "发自我的iPhone"];

export const quoting: MailCase[] = [
  ...ATTRIBUTIONS.map(([name, line]) => of(`answer on top, ${name}`, `Thank you!\nIt came today.\n\n${line}\n\n${QUOTE}`, "Thank you!\nIt came today.")),
  ...HEADER_BLOCKS.map(([name, block]) => of(`answer on top, ${name}`, `It came today.\n\nAna\n\n${block}\n\nHello,\nyour parcel is on its way.`, "It came today.\n\nAna")),
  ...APPS.map((line) => of(`app's line: ${line}`, `It came.\n\n${line}`, "It came.")),
  of("answer below", `On 12.03.24 10:00, Mara wrote:\n${QUOTE}\n\nIt came today.`, "It came today."),
  of("answers between", "On 12.03.24 10:00, Mara wrote:\n> Which size?\n\nLarge.\n\n> Which colour?\n\nBlue.", "> Which size?\n\nLarge.\n\n> Which colour?\n\nBlue."),
  of("answers between, the rest quoted", "On 12.03.24 10:00, Mara wrote:\n> Which size?\nLarge.\n> Which colour?\nBlue.\n> Best\n> Mara", "> Which size?\nLarge.\n> Which colour?\nBlue."),
  of("signature behind its mark", "It came.\n\n-- \nAna Lima\nCustomer Ltd.\n+49 30 1234567", "It came."),
  of("signature above the quote", `It came.\n\n-- \nAna Lima\n\nOn 12.03.24 10:00, Mara wrote:\n${QUOTE}`, "It came."),
  of("signature below the quote", `It came.\n\nOn 12.03.24 10:00, Mara wrote:\n${QUOTE}\n\n-- \nAna Lima`, "It came."),
  of("two dashes without a space", "It came.\n\n--\nAna Lima", "It came."),
  of("app's line above the quote", `It came.\n\nSent from my iPhone\n\n> On 12 Mar 2024, at 10:00, Mara <support@shop.example> wrote:\n> \n> Hello`, "It came."),
  of("quotes of quotes", "Yes.\n\nOn 12.03.24 11:00, Mara wrote:\n> Is it blue?\n>\n> On 12.03.24 10:00, Ana wrote:\n>> It came.", "Yes."),
  of("nothing but a quote is shown whole", `On 12.03.24 10:00, Mara wrote:\n${QUOTE}`, `On 12.03.24 10:00, Mara wrote:\n${QUOTE}`, false),
  of("a quote without marks", "It came.\n\nOn 12.03.24 10:00, Mara <support@shop.example> wrote:\n\nHello,\nyour parcel is on its way.", "It came."),
  of("a colon at the end of a line is no attribution", "I ordered on 12.03.2024 and I need:\n\n- one blue\n- two red", "I ordered on 12.03.2024 and I need:\n\n- one blue\n- two red", false),
  of("somebody's words are no attribution", "He wrote: it is broken.\nOn Monday I wrote to you twice.", "He wrote: it is broken.\nOn Monday I wrote to you twice.", false),
  of("a list of prices is no header block", "From: 10 EUR\nTo the shop I went twice.\nNothing.", "From: 10 EUR\nTo the shop I went twice.\nNothing.", false),
  of("a rule in the text is no border", "Above\n-----\nBelow", "Above\n-----\nBelow", false),
  of("empty lines and spaces at the ends", "\n\nHello  \n\n\n\nWorld\t\n\n", "Hello\n\nWorld", false),
];
