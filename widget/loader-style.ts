/** The launcher's look. It stands on a foreign page without our stylesheet, so it carries the few tokens it needs; a test holds them equal to tokens.css. */
export const TOKENS = {
  accent: ["#4f46e5", "#818cf8"], accentStrong: ["#4338ca", "#a5b4fc"], onAccent: ["#ffffff", "#0f1217"],
  surface: ["#ffffff", "#161a21"], border: ["#e3e6ed", "#272d38"], red: ["#b42318", "#f98b82"],
} as const;

const pair = (name: keyof typeof TOKENS) => `light-dark(${TOKENS[name].join(",")})`;
const SHADOW = "0 8px 24px light-dark(rgb(18 24 40 / .12),rgb(0 0 0 / .5))";

export const STYLE = `
:host{all:initial!important;position:fixed!important;inset:auto 0 0 auto!important;width:0!important;height:0!important;z-index:2147483000!important;display:block!important;color-scheme:light dark!important}
button{all:unset;box-sizing:border-box;position:fixed;right:max(20px,env(safe-area-inset-right));bottom:max(20px,env(safe-area-inset-bottom));width:56px;height:56px;border-radius:999px;display:grid;place-items:center;cursor:pointer;background:${pair("accent")};color:${pair("onAccent")};box-shadow:${SHADOW};transition:background 120ms ease-out;-webkit-tap-highlight-color:transparent}
button:hover{background:${pair("accentStrong")}}
button:focus-visible{box-shadow:0 0 0 2px ${pair("surface")},0 0 0 4px ${pair("accent")}}
svg{width:28px;height:28px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.badge{position:absolute;top:-4px;right:-4px;min-width:22px;height:22px;padding:0 6px;box-sizing:border-box;border-radius:999px;background:${pair("red")};color:${pair("onAccent")};border:2px solid ${pair("surface")};font:600 12px/18px system-ui,sans-serif;text-align:center}
[hidden]{display:none!important}
.panel{position:fixed;right:max(20px,env(safe-area-inset-right));bottom:calc(max(20px,env(safe-area-inset-bottom)) + 68px);width:392px;height:min(660px,calc(100dvh - 108px));border-radius:16px;overflow:hidden;background:${pair("surface")};border:1px solid ${pair("border")};box-shadow:${SHADOW};visibility:hidden;opacity:0;transform:translateY(8px);transition:opacity 120ms ease-out,transform 120ms ease-out,visibility 0s 120ms}
.panel.open{visibility:visible;opacity:1;transform:none;transition-delay:0s}
iframe{display:block;width:100%;height:100%;border:0;background:transparent;color-scheme:normal}
@media (max-width:480px){.panel{inset:0;width:100%;height:100%;border:0;border-radius:0}.open~button{display:none}}
@media (prefers-reduced-motion:reduce){.panel,button{transition:none;transform:none}}
`;

/** Path data of the two icons, 24 × 24. */
export const OPEN_ICON = ["M21 12a8.5 8.5 0 0 1-8.5 8.5c-1.4 0-2.7-.3-3.9-.9L3.5 20.5l1-4.6A8.5 8.5 0 1 1 21 12Z", "M8.8 11.9h.01M12.5 11.9h.01M16.2 11.9h.01"];
export const CLOSE_ICON = ["m6 9.5 6 6 6-6"];
