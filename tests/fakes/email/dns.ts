/** DNS as a table: `{"TXT _dmarc.customer.example": ["v=DMARC1; p=reject"]}`. A list is one record a line; an Error is what DNS says instead. */
export type Zone = Record<string, readonly string[] | Error>;

const failure = (code: string): Error => Object.assign(new Error(code), { code });
export const TIMEOUT = failure("ETIMEOUT");

/** `asked` is what was looked for, in its order. */
export function fakeDns(zone: Zone): { lookUp: (name: string, type: string) => Promise<string[][] | string[]>; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async lookUp(name, type) {
      asked.push(`${type} ${name}`);
      const found = zone[`${type} ${name}`];
      if (found === undefined) throw failure("ENOTFOUND");
      if (found instanceof Error) throw found;
      return type === "TXT" ? found.map((text) => [text]) : [...found];
    },
  };
}
