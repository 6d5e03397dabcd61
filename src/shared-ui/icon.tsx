/** One of lucide's icons, drawn from its svg text (`import lock from "lucide-static/icons/lock.svg"`), 16 px or 20 px. */
export function Icon({ svg, large, label }: { svg: string; large?: boolean; /** Says it aloud; without one it is decoration. */ label?: string }) {
  return (
    <span
      class="tl-icon" data-large={large ? "" : undefined}
      {...(label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label })}
      // the svg comes from the package at build time, never from a person
      dangerouslySetInnerHTML={{ __html: svg }}
    />
  );
}
