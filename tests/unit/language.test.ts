/** Languages of first messages: told where a person could tell, unknown where not. */
import { expect, test } from "vitest";
import { languageOf, LANGUAGES } from "../../src/core/model/language.ts";

const TEXTS: [language: string, text: string][] = [
  ["en", "Hello, where is my order? I have not received it yet."], ["en", "Can you please cancel it"], ["en", "I'm still waiting for the refund"],
  ["de", "Guten Tag, wo ist meine Bestellung? Ich habe noch nichts erhalten."], ["de", "Ich möchte das zurückgeben, bitte"], ["de", "Die Rechnung ist falsch, können Sie mir helfen?"],
  ["fr", "Bonjour, où est ma commande ? Je n'ai toujours rien reçu."], ["fr", "Merci pour votre réponse, mais ce n'est pas la bonne taille"],
  ["es", "Hola, ¿dónde está mi pedido? Todavía no lo he recibido."], ["es", "Necesito cambiar la dirección de entrega, gracias"],
  ["pt", "Olá, onde está o meu pedido? Ainda não recebi nada."], ["pt", "Bom dia, preciso de ajuda com a minha conta"],
  ["it", "Buongiorno, dov'è il mio ordine? Non ho ancora ricevuto niente."], ["it", "Vorrei un rimborso per questo prodotto, grazie"],
  ["nl", "Hallo, waar is mijn bestelling? Ik heb nog niets ontvangen."], ["nl", "Kan ik dit ruilen voor een andere maat?"],
  ["sv", "Hej, var är min beställning? Jag har inte fått något än."], ["da", "Hej, hvor er min bestilling? Jeg har ikke modtaget noget endnu, hvad gør jeg?"], ["no", "Hei, hvor er bestillingen min? Jeg har ikke mottatt noe ennå, hva gjør jeg?"],
  ["fi", "Hei, missä minun tilaus on? En ole saanut vielä mitään."], ["pl", "Dzień dobry, gdzie jest moje zamówienie? Jeszcze nic nie dostałem."], ["cs", "Dobrý den, kde je moje objednávka? Ještě jsem nic nedostal."],
  ["ro", "Bună ziua, unde este comanda mea? Încă nu am primit nimic."], ["hu", "Jó napot, hol van a rendelésem? Még nem kaptam meg."], ["tr", "Merhaba, siparişim nerede? Henüz bir şey almadım."],
  ["id", "Halo, di mana pesanan saya? Saya belum menerima apa pun."], ["vi", "Xin chào, đơn hàng của tôi ở đâu? Tôi vẫn chưa nhận được gì."],
  ["ru", "Здравствуйте, где мой заказ? Я ещё ничего не получил."], ["uk", "Доброго дня, де моє замовлення? Я ще нічого не отримав."], ["bg", "Здравейте, къде е моята поръчка? Още не съм получил нищо."],
  ["el", "Γεια σας, πού είναι η παραγγελία μου;"], ["he", "שלום, איפה ההזמנה שלי?"], ["ar", "مرحبا، أين طلبي؟ لم أستلم أي شيء بعد."], ["fa", "سلام، سفارش من کجاست؟ هنوز چیزی دریافت نکرده‌ام."],
  ["hi", "नमस्ते, मेरा ऑर्डर कहाँ है?"], ["th", "สวัสดีครับ ของที่สั่งอยู่ที่ไหน"], ["ja", "こんにちは。注文した商品はどこですか。"], ["ko", "안녕하세요, 제 주문은 어디에 있나요?"], ["zh", "你好，我的订单在哪里？我还没有收到。"],
];

test.each(TEXTS)("%s: %s", (language, text) => {
  const guess = languageOf(text);
  expect(guess?.language).toBe(language);
  expect(guess!.confidence).toBeGreaterThanOrEqual(0.6);
  expect(guess!.confidence).toBeLessThanOrEqual(1);
});

test("each language is in the table above", () => {
  expect([...new Set(TEXTS.map(([language]) => language))].sort()).toEqual(Object.keys(LANGUAGES).sort());
});

test.each(["", "ok", "👍👍", "12345 #1042", "ABC-123", "https://shop.example.com/the/order/is/where", "ana@example.com", "Lorem xyzzy qwrt", "hmm", "Berlin", "no", "invoice.pdf", "میرا آرڈر کہاں ہے؟", "the das le el il"])("nothing is said of %j", (text) => {
  expect(languageOf(text)).toBeNull();
});

test("what is quoted from links and code does not count, and a long text is looked at in part", () => {
  expect(languageOf("Wo ist das Paket? Ich habe https://example.com/the/order/is/not/here bekommen")?.language).toBe("de");
  expect(languageOf(`Guten Tag, wo ist meine Bestellung? ${"the order is not here ".repeat(5_000)}`)?.language).toBe("en");
});
