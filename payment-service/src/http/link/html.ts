/** A piece of HTML that may be put into a page as it is. */
export type Html = { readonly html: string }

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Makes HTML of a template; every value is escaped unless it is HTML already, and null leaves nothing. */
export function html(parts: TemplateStringsArray, ...values: (string | Html | null)[]): Html {
  return { html: parts.map((part, index) => part + render(values[index])).join('') }
}

function render(value: string | Html | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'object') return value.html
  return value.replace(/[&<>"']/g, (character) => escapes[character] ?? '')
}
