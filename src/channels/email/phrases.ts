/** What mail clients of many languages write around quoted, forwarded and signed text. Data only; `fold.ts` and `forward.ts` use it. */

/** A whole line (joined when wrapped) that introduces a quote. It also has to hold a digit or an address. */
export const ATTRIBUTIONS: readonly RegExp[] = [
  /^On\b.+\bwrote\s*:$/i, /^Am\b.+\bschrieb\b.*:$/i, /^Le\b.+\ba écrit\s*:$/i, /^El\b.+\bescribió\s*:$/i, /^(Em|A|No dia|Na)\b.+\bescreveu\s*:$/i,
  /^Il\b.+\bha scritto\s*:$/i, /^Op\b.+\bschreef\b.*:$/i, /^(W dniu|Dnia|pon|wt|śr|czw|pt|sob|niedz)\b.+\bnapisał.*:$/i, /^(Den|På|tors|ons|tis|mån|fre|lör|sön|man|tir|tor|lør|søn)\b.+\bskrev\b.*:$/i,
  /^.+\bkirjoitti\s*:$/i, /^.+\s(napsal|napísal)(\(a\)|a)?\s*:$/i, /^.+\s(написал|пишет)(\(а\)|а)?\s*:$/i, /^.+\s(написав|написала|пише)\s*:$/i,
  /^.+\s(tarihinde|yazdı|şunu yazdı)\s*:$/i, /^.+(写道|寫道)\s*[:：]$/, /^.+(作成|작성|썼습니다|쓴 글)\s*[:：]$/, /^.+(のメール|書きました|wrote)\s*[:：]$/,
  /^.+\sírta\s.*:$/i, /^.+\ba scris\s*:$/i, /^.+έγραψε\s*:$/i, /^.+כתב.*:$/, /^.+كتب.*[:：]$/, /^.+đã viết\s*:$/i, /^(Pada)\b.+\bmenulis\s*:$/i, /^.+เขียนว่า\s*:$/,
  /^(?=.*\d).*[<(][^<>()\s]{1,200}@[^<>()\s]{1,200}[>)][^<>]{0,20}[:：]$/,
];
/** Without date or address, when a quote follows at once. */
export const SHORT_ATTRIBUTION = /^.{1,60}\s(wrote|writes|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|skrev|napisał|написал)\s*:$/i;

const ruled = (words: string): RegExp => new RegExp(`^-{2,}\\s*(${words})\\s*:?\\s*-{2,}$`, "i");

/** A ruled line above quoted mail. */
export const ORIGINAL = ruled("Original Message|Original Appointment|Original-Nachricht|Ursprüngliche Nachricht|Originalnachricht|Message d'origine|Message original|Mensaje original|Mensagem original|Messaggio originale|Oorspronkelijk bericht|Originele bericht|Ursprungligt meddelande|Oprindelig meddelelse|Opprinnelig melding|Alkuperäinen viesti|Wiadomość oryginalna|Původní zpráva|Исходное сообщение|Пересланное сообщение об ответе|Eredeti üzenet|Mesaj original|Orijinal Mesaj|邮件原件|原始邮件|原始郵件|元のメッセージ|원본 메시지");
/** A line above forwarded mail. */
export const FORWARDED: readonly RegExp[] = [
  ruled("Forwarded message|Forwarded Message|Weitergeleitete Nachricht|Message transféré|Mensaje reenviado|Mensagem encaminhada|Mensagem reencaminhada|Messaggio inoltrato|Doorgestuurd bericht|Vidarebefordrat meddelande|Videresendt meddelelse|Videresendt melding|Välitetty viesti|Wiadomość przekazana dalej|Przekazana wiadomość|Přeposlaná zpráva|Пересылаемое сообщение|Перенаправлене повідомлення|Továbbított üzenet|Mesaj redirecționat|İletilmiş mesaj|转发的邮件|轉寄的郵件|転送メッセージ|전달된 메시지"),
  /^(Begin forwarded message|Anfang der weitergeleiteten (Nachricht|E-?Mail)|Début du message (transféré|réexpédié)|Inicio del mensaje reenviado|Inizio messaggio inoltrato|Begin doorgestuurd bericht|Início da mensagem (encaminhada|reencaminhada)|Vidarebefordrat brev|Начало переадресованного сообщения|Början på vidarebefordrat meddelande|Start på videresendt besked|开始转发的邮件|転送されたメッセージ)\s*[:：]?$/i,
];
/** Of a subject, without the text after it. */
export const FORWARD_SUBJECT = /^\s*((re|aw|sv|antw)\s*:\s*)*(fwd?|wg|tr|rv|i|enc|fs|vs|doorst|pd|vb|vl|пересл|转发|轉寄)\s*[:：]/i;
export const REPLY_SUBJECT = /^\s*(re|aw|sv|antw|odp|res|rif|ref|vá|ynt|回复|回覆|答复|回答|답장|отв|на)\s*(\[\d+\])?\s*[:：]/i;

/** Names of header lines that clients write above quoted or forwarded mail, in their languages. */
export const HEADER_NAMES = {
  from: ["From", "Von", "De", "Da", "Van", "Från", "Fra", "Lähettäjä", "Od", "Odesílatel", "От", "Від", "Feladó", "De la", "Kimden", "Gönderen", "Από", "发件人", "寄件者", "差出人", "보낸 사람", "보낸사람"],
  sent: ["Sent", "Date", "Gesendet", "Datum", "Envoyé", "Date d'envoi", "Enviado", "Enviado el", "Fecha", "Data", "Enviada em", "Inviato", "Verzonden", "Skickat", "Sendt", "Dato", "Lähetetty", "Päivämäärä", "Wysłano", "Odesláno", "Отправлено", "Дата", "Надіслано", "Küldve", "Trimis", "Tarih", "Gönderildi", "Στάλθηκε", "Ημερομηνία", "发送时间", "日期", "寄件日期", "日時", "送信日時", "보낸 날짜", "날짜"],
  to: ["To", "An", "À", "A", "Para", "Aan", "Till", "Til", "Vastaanottaja", "Do", "Komu", "Кому", "Címzett", "Către", "Kime", "Alıcı", "Προς", "收件人", "收件者", "宛先", "받는 사람"],
  subject: ["Subject", "Betreff", "Objet", "Asunto", "Assunto", "Oggetto", "Onderwerp", "Ämne", "Emne", "Aihe", "Temat", "Předmět", "Predmet", "Тема", "Tárgy", "Subiect", "Konu", "Θέμα", "主题", "主旨", "件名", "제목"],
} as const;

/** What phones and apps put under every mail. */
export const APP_SIGNATURE = /^(Sent (from|via|with) (my |an? )?(i(Phone|Pad|Pod)|Android|Samsung|Galaxy|Huawei|BlackBerry|Windows|mobile|phone|Proton|Outlook|Yahoo|Mail|Fastmail|Spark|AOL).*|Get Outlook for (iOS|Android|Mac|Windows).*|Von meinem .+ gesendet|Gesendet (von|mit) .{0,80}|Diese Nachricht wurde von meinem .+ gesendet.*|Envoyé (de|depuis|à partir d).{0,80}|Enviado (desde|do|a partir|con|de) .{0,80}|Inviato da(l| ).{0,80}|Verzonden (vanaf|vanuit|met) .{0,80}|Verstuurd vanaf .{0,80}|Skickat från .{0,80}|Sendt fra .{0,80}|Lähetetty .{0,40}(iPhone|iPad|Android|Outlook).*|Wysłane? z .{0,80}|Odesláno z .{0,80}|Отправлено (с|из) .{0,80}|Надіслано з .{0,80}|Поделитьcя .{0,20}|iPhone('umdan|'dan| ?から送信).*|(从|發自|发自)我的.{0,40}|나의 .{0,20}에서 보냄|.{0,20}에서 보냄)\.?$/i;
