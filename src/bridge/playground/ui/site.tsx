import { useEffect } from "preact/hooks";
import { Icon } from "../../../shared-ui/icon.tsx";
import * as icons from "./icons.ts";

/** The shop alone, as the frame on the left shows it. */
export const shopAddress = "/playground/?site";

const GOODS = [
  { name: "Fjord 7", what: "City bike, belt drive", price: "€ 1,290", icon: icons.bike, tint: "a" }, { name: "Lykt", what: "Front light, 60 lux", price: "€ 49", icon: icons.lamp, tint: "b" },
  { name: "Tur 22", what: "Waterproof backpack", price: "€ 119", icon: icons.bag, tint: "c" }, { name: "Trygg", what: "Helmet, sizes S to XL", price: "€ 89", icon: icons.helmet, tint: "d" },
];

/** A made-up shop: somewhere for the widget to live, with the same two lines that any site would add. */
export function Site() {
  useEffect(() => {
    document.title = "Northwind Bikes";
    const loader = document.createElement("script");
    loader.async = true;
    loader.src = "/widget/loader.js";
    loader.dataset["inboxKey"] = "demo";
    document.body.append(loader);
  }, []);
  return (
    <div class="shop">
      <header class="shop-head" aria-label="Northwind Bikes"><span class="shop-name"><Icon svg={icons.bike} large />Northwind Bikes</span><nav aria-label="Shop"><span>Bikes</span><span>Parts</span><span>Service</span></nav><Icon svg={icons.basket} large label="Basket" /></header>
      <main>
      <section class="shop-hero"><p class="shop-small">New this spring</p><h1>Built for the way home.</h1><p>Light, quiet, and serviced for life in our workshop.</p><span class="shop-button">See the Fjord 7</span></section>
      <section class="shop-goods" aria-label="Goods">{GOODS.map((one) => <figure key={one.name}><div class="shop-picture" data-tint={one.tint}><Icon svg={one.icon} large /></div><figcaption><b>{one.name}</b><span>{one.what}</span><span class="shop-price">{one.price}</span></figcaption></figure>)}</section>
      </main>
      <footer class="shop-foot">Free delivery over € 50 · 60 days to change your mind · Questions? The chat is in the corner.</footer>
    </div>
  );
}
