import type { ComponentChildren } from "preact";

/** Formatted text as core tells it (`core/model/rich-text.ts`). */
type Inline = { kind: "text"; text: string } | { kind: "code"; text: string } | { kind: "pre"; text: string } | { kind: "bold" | "italic" | "strike"; children: Inline[] } | { kind: "link"; url: string; text: string };
type Block = { kind: "lines"; children: Inline[] } | { kind: "quote"; children: Inline[] } | { kind: "list"; items: { lead: string; children: Inline[] }[] };

interface Looks { /** Cuts plain text into pieces, some of which lead somewhere. */ links: (text: string) => { text: string; href?: string }[] }

const Link = ({ to, children }: { to: string; children: ComponentChildren }) => <a href={to} target="_blank" rel="noopener noreferrer nofollow">{children}</a>;

/** What is text is only ever text; a link that is none of the web, of mail or of a phone is text too. */
function Nodes({ nodes, links }: { nodes: Inline[] } & Looks) {
  return (
    <>
      {nodes.map((node, i) => {
        if (node.kind === "text") return links(node.text).map((piece, n) => (piece.href === undefined ? piece.text : <Link key={`${i}.${n}`} to={piece.href}>{piece.text}</Link>));
        if (node.kind === "link") return /^(?:https?:\/\/|mailto:|tel:)/i.test(node.url) ? <Link key={i} to={node.url}>{node.text}</Link> : node.text;
        if (node.kind === "code") return <code key={i}>{node.text}</code>;
        if (node.kind === "pre") return <pre key={i}>{node.text}</pre>;
        const Tag = node.kind === "bold" ? "strong" : node.kind === "italic" ? "em" : "s";
        return <Tag key={i}><Nodes nodes={node.children} links={links} /></Tag>;
      })}
    </>
  );
}

/** Blocks under each other; lists keep the marks that their author gave them. */
export function Blocks({ blocks, links }: { blocks: Block[] } & Looks) {
  return (
    <>
      {blocks.map((block, i) => {
        if (block.kind === "quote") return <blockquote key={i}><Nodes nodes={block.children} links={links} /></blockquote>;
        const lines = block.kind === "list" ? block.items.map(({ lead, children }, n): Inline[] => [{ kind: "text", text: `${n === 0 ? "" : "\n"}${lead}` }, ...children]).flat() : block.children;
        const before = i > 0 && blocks[i - 1]!.kind !== "quote" ? "\n" : "";
        return <span key={i}>{before}<Nodes nodes={lines} links={links} /></span>;
      })}
    </>
  );
}
