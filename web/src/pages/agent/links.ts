// Links that come from outside.

/** An address of the web, and of nothing else: no `javascript:` from a template that went wrong. */
export function webLink(address: string | null | undefined): string | null {
  if (!address || !URL.canParse(address)) return null;
  return ["https:", "http:"].includes(new URL(address).protocol) ? address : null;
}
