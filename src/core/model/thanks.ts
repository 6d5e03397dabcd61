/** Whether a short line only says thanks. Closed vocabulary: a word that is not here makes it a line like any other. Pure. */

const MOST_CHARS = 60, MOST_WORDS = 8;
/** en de fr es it pt nl sv da no fi pl cs ru uk tr */
const THANKS = words(`thanks thank thankyou thx ty tysm cheers danke dankeschön dankeschoen vielendank merci gracias grazie obrigado obrigada valeu bedankt dank dankjewel dankuwel tack takk tak kiitos dziękuję dziekuje dzięki dzieki díky diky děkuji dekuji спасибо спс благодарю дякую спасибі teşekkürler tesekkurler teşekkür sağol sagol`);
/** What may stand beside it; nothing here asks or says that something is wrong. */
const BESIDE = words(`you so very much a lot again many for your the help all everything great perfect super ok okay cool nice wonderful awesome excellent lovely kind team guys dear hi hello yes
  vielen schön schoen sehr für fuer die ihre deine hilfe alles prima toll klasse gut liebe ja beaucoup pour votre ton aide tout parfait génial super oui muchas mil por su tu ayuda todo perfecto genial sí si
  mille molte per il tuo suo aiuto tutto perfetto muito muita pela ajuda tudo perfeito sim heel erg je wel u voor de hulp alles ja så mycket tusen för hjälpen mange for hjelpen hjælpen bardzo bardzo za pomoc wszystko super
  moc za pomoc большое огромное вам тебе за помощь всё все отлично супер да дуже вам за допомогу все чудово çok ederim yardımınız için her şey`);
/** Written without blanks, or as a whole. */
const WHOLE = words(`ありがとう ありがとうございます ありがとうございました どうも 谢谢 谢谢你 谢谢您 多谢 謝謝 谢谢了 감사합니다 고마워요 고맙습니다 شكرا شكراً תודה ขอบคุณ ขอบคุณครับ ขอบคุณค่ะ धन्यवाद`);
const HAPPY = /[\u{1F44D}\u{1F64F}\u{2764}\u{1F60A}\u{1F642}\u{1F600}\u{1F603}\u{1F604}\u{1F60D}\u{1F389}\u{1F44F}\u{1F970}\u{1F618}\u{1F499}\u{1F49A}\u{263A}]/gu;
const PLAIN = /[\u{1F3FB}-\u{1F3FF}]|\uFE0F|\u200D/gu;

function words(text: string): ReadonlySet<string> { return new Set(text.normalize("NFC").split(/\s+/)); }

/** False for anything long, with a question mark, a figure, a link, a picture that is not a happy one, or one word that is not known. */
export function isThanks(text: string): boolean {
  if (text.length > MOST_CHARS) return false;
  const bare = text.normalize("NFKC").toLowerCase().replace(PLAIN, "");
  const happy = HAPPY.test(bare);
  HAPPY.lastIndex = 0;
  const said = bare.replace(HAPPY, " ");
  if (!/^[\p{L}\p{M}\s.,!…~、。！’'()-]*$/u.test(said)) return false;
  const found = said.split(/[^\p{L}\p{M}]+/u).filter((word) => word !== "");
  if (found.length === 0) return happy;
  if (found.length > MOST_WORDS || !found.every((word) => THANKS.has(word) || BESIDE.has(word) || WHOLE.has(word))) return false;
  return found.some((word) => THANKS.has(word) || WHOLE.has(word));
}
