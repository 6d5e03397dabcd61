import { hueOf, initialsOf } from "./name.ts";

/** A person's face: their picture, else initials on a colour of their own. `size` in px. Decorative: the name stands beside it. */
export function Avatar({ name, src, size = 32, shape = "round" }: { name: string; src?: string | undefined; size?: number; shape?: "round" | "square" }) {
  return (
    <span class="tl-avatar" data-shape={shape} aria-hidden="true" style={{ "--avatar": `${size}px`, "--hue": String(hueOf(name)) }}>
      {src === undefined ? initialsOf(name) : <img src={src} alt="" loading="lazy" />}
    </span>
  );
}
