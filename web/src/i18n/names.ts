// Names that admins gave (queues, reasons, dispositions, tags), made fit to be read where there is no translation.

/** "quality_check" → "Quality check" */
export function readable(name: string): string {
  const text = name.replaceAll("_", " ").replaceAll("-", " ").trim();
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
