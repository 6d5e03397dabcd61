/**
 * Which language a text is in, from its script and its commonest words. Made for first messages: it says nothing rather than something
 * wrong, so short, mixed and unknown texts have no language.
 */

/** ISO 639-1 codes that are told apart, with their English names. */
export const LANGUAGES = {
  ar: "Arabic", bg: "Bulgarian", cs: "Czech", da: "Danish", de: "German", el: "Greek", en: "English", es: "Spanish", fa: "Persian", fi: "Finnish", fr: "French", he: "Hebrew", hi: "Hindi",
  hu: "Hungarian", id: "Indonesian", it: "Italian", ja: "Japanese", ko: "Korean", nl: "Dutch", no: "Norwegian", pl: "Polish", pt: "Portuguese", ro: "Romanian", ru: "Russian", sv: "Swedish",
  th: "Thai", tr: "Turkish", uk: "Ukrainian", vi: "Vietnamese", zh: "Chinese",
} as const;
export type LanguageCode = keyof typeof LANGUAGES;
export interface LanguageGuess { language: LanguageCode; /** 0 to 1: its share of what speaks for any language. */ confidence: number }

const list = (words: string): string[] => words.split(" ");
/** Words that hardly any text goes without; one that several languages share counts less. */
const WORDS: Partial<Record<LanguageCode, string[]>> = {
  en: list("the and you is are was have has my your for with this that what where when not it of to in on be can do does did would could please hello hi thanks i'm don't there from but how still get want need order been will me we they"),
  de: list("der die das und ich ist nicht ein eine einen mein meine ihr sie wir mit für auf von zu den dem des wo was wann wie kann habe hat haben bitte hallo danke noch aber auch es im bei sind wird war wurde guten tag mir mich uns oder wenn dass schon keine kein"),
  fr: list("le la les et je est pas un une des mon ma mes vous nous avec pour sur de du où que qui quand comment j'ai bonjour merci il elle ne ce cette dans au aux mais encore toujours suis avez votre c'est plus été reçu n'ai j'aimerais s'il"),
  es: list("el la los las y yo es no un una mi mis usted con para por en de del dónde donde que qué cuándo cómo he hola gracias su se lo al pero todavía está están tengo quiero puedo buenos días favor muy más ha hay cuando necesito pedido"),
  pt: list("o a os as e eu é não um uma meu minha você com para por em de do da onde que quando como olá obrigado obrigada seu se no na mas ainda está estão tenho quero posso bom dia favor muito mais foi isso pedido preciso recebi"),
  it: list("il lo la gli le e io è non un una mio mia lei con per in di del della dove che quando come ho ciao grazie suo si al ma ancora sono buongiorno favore più questo questa ordine vorrei posso hai ha nel anche perché"),
  nl: list("de het een en ik is niet mijn u je wij met voor op van naar waar wat wanneer hoe kan heb heeft hallo dank bedankt nog maar ook er bij zijn wordt was dit dat deze graag goedemorgen goedendag bestelling mij ons geen als"),
  sv: list("och jag är inte en ett min mitt du ni vi med för på av till var vad när hur kan har hej tack men också det den som om mig oss att från få skulle vill ännu beställning mycket"),
  da: list("og jeg er ikke en et min mit du i vi med for på af til hvor hvad hvornår hvordan kan har hej tak men også det den som om mig os at fra få skulle vil endnu bestilling meget hvis bliver blevet"),
  no: list("og jeg er ikke en ei et min mitt du dere vi med for på av til hvor hva når hvordan kan har hei takk men også det den som om meg oss å fra få skulle vil ennå bestilling mye hvis blir blitt"),
  fi: list("ja on ei minä mutta että se hän me te missä mitä milloin miten voi olen ole hei kiitos vielä myös kun jos niin tämä minun tilaus ovat kanssa voitteko saanut haluaisin en oli"),
  pl: list("i w nie na jest się z do to że mój moja moje ja pan pani gdzie co kiedy jak mam dzień dobry dziękuję proszę ale jeszcze czy od za po dla są był była mi nas zamówienie już tego"),
  cs: list("a je se v na že ne nebo můj moje já vy kde co kdy jak mám dobrý den děkuji prosím ale ještě od za po pro jsou byl byla mi nás objednávka už tento jsem si"),
  ro: list("și si este nu un o mea meu eu cu pentru pe la de din unde ce când cum am bună ziua mulțumesc vă rog dar încă sunt a fost care mai comanda să nu-mi îmi ați"),
  hu: list("a az és nem van egy én ön hol mit mikor hogyan hogy köszönöm kérem jó napot de még is vagy meg ez el ki volt lesz szeretnék rendelésem csak már mert nekem kell"),
  tr: list("ve bir bu ben siz için ile nerede ne zaman nasıl var yok merhaba teşekkürler teşekkür lütfen ama daha değil mi mı mu çok kadar gibi benim siparişim olarak hala henüz ederim istiyorum"),
  id: list("dan yang di ini itu saya anda tidak dengan untuk dari ke mana apa kapan bagaimana bisa sudah belum halo terima kasih tolong tapi ada akan pesanan mohon kami juga atau"),
  vi: list("và là của tôi không có cho với ở đâu gì khi nào xin chào cảm ơn đơn hàng được các này bạn nhưng vẫn chưa đã rất một những"),
  ru: list("и в не на я что где когда как с по у меня мой моя мне вы мы это здравствуйте спасибо пожалуйста но ещё еще уже был была есть для заказ добрый день можно от из за так бы"),
  uk: list("і в не на я що де коли як з по у мене мій моя мені ви ми це доброго дня дякую будь ласка але ще вже був була є для замовлення можна від із за так би та"),
  bg: list("и в не на аз какво къде кога как с по у мен моят моята ми вие ние това здравейте благодаря моля но още вече беше има за поръчка добър ден може от са се си съм ще"),
};
/** Letters that few write with. */
const LETTERS: [RegExp, LanguageCode[]][] = [
  [/ß/g, ["de"]], [/ñ|¿|¡/g, ["es"]], [/[ãõ]/g, ["pt"]], [/[ąęłńśźż]/g, ["pl"]], [/[ěřů]/g, ["cs"]], [/[őű]/g, ["hu"]], [/[țșţă]/g, ["ro"]], [/[ğış]/g, ["tr"]], [/[øæ]/g, ["da", "no"]],
  [/å/g, ["sv", "da", "no"]], [/ä/g, ["de", "sv", "fi"]], [/[ơưđạảấầẩậắằẵặẹẻẽếềểễệỉịọỏốồổỗộớờởợụủứừửữựỳỵỷỹ]/g, ["vi"]], [/[œù]/g, ["fr"]],
  [/[іїєґ]/g, ["uk"]], [/[ыэё]/g, ["ru"]], [/ъ/g, ["bg", "ru"]],
];
/** Scripts that say it by themselves; of the others the words decide. */
const SCRIPTS: [RegExp, LanguageCode][] = [
  [/\p{Script=Greek}/gu, "el"], [/\p{Script=Hebrew}/gu, "he"], [/\p{Script=Thai}/gu, "th"], [/\p{Script=Hangul}/gu, "ko"], [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, "ja"], [/\p{Script=Devanagari}/gu, "hi"],
];

/** Characters that are looked at. */
const LOOKED_AT = 4_000;
/** So much must speak for a language, and it must have this share of all that speaks for any. */
const ENOUGH = { score: 2, share: 0.6 };

/** A web or mail address, in time that grows with its length alone. */
const isAddress = (word: string): boolean => { const at = word.indexOf("@"); return /^\W*https?:\/\//.test(word) || (at > 0 && word.indexOf(".", at + 2) > 0); };

/** Null where it can't be told. */
export function languageOf(text: string): LanguageGuess | null {
  const plain = text.slice(0, LOOKED_AT).normalize("NFC").toLowerCase().replace(/`[^`]*`|#\d+/g, " ").replace(/\S+/g, (word) => (isAddress(word) ? " " : word)).replaceAll("’", "'");
  const letters = plain.match(/\p{L}/gu)?.length ?? 0;
  if (letters < 2) return null;
  return byScript(plain, letters) ?? byWords(plain);
}

function byScript(text: string, letters: number): LanguageGuess | null {
  const share = (pattern: RegExp): number => Math.min(1, (text.match(pattern)?.length ?? 0) / letters);
  for (const [pattern, language] of SCRIPTS) {
    const of = share(pattern);
    // Japanese mixes kana into Chinese characters; the others stand alone
    if (of >= (language === "ja" ? 0.15 : 0.5)) return { language, confidence: language === "ja" ? Math.min(1, of + share(/\p{Script=Han}/gu)) : of };
  }
  const han = share(/\p{Script=Han}/gu);
  if (han >= 0.5) return { language: "zh", confidence: han };
  const arabic = share(/\p{Script=Arabic}/gu);
  if (arabic < 0.5 || /[ٹڈڑےں]/.test(text)) return null;
  return { language: /[پچژگکی]/.test(text) ? "fa" : "ar", confidence: arabic };
}

const USERS = new Map<string, LanguageCode[]>();
for (const [language, words] of Object.entries(WORDS) as [LanguageCode, string[]][]) for (const word of words) USERS.set(word, [...(USERS.get(word) ?? []), language]);

function byWords(text: string): LanguageGuess | null {
  const scores = new Map<LanguageCode, number>();
  const speakFor = (languages: LanguageCode[], weight: number) => { for (const language of languages) scores.set(language, (scores.get(language) ?? 0) + weight / languages.length); };
  const words = text.match(/[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*/gu) ?? [];
  for (const word of words) {
    const users = USERS.get(word);
    if (users !== undefined) speakFor(users, word.length === 1 ? 0.5 : 1);
  }
  for (const [pattern, languages] of LETTERS) speakFor(languages, Math.min(3, text.match(pattern)?.length ?? 0) * 0.7);
  const [best, second] = [...scores].toSorted((a, b) => b[1] - a[1]);
  if (best === undefined) return null;
  const confidence = best[1] / (best[1] + (second?.[1] ?? 0));
  return best[1] >= Math.min(ENOUGH.score, 0.5 * words.length + 0.5) && best[1] >= 1 && confidence >= ENOUGH.share ? { language: best[0], confidence } : null;
}
