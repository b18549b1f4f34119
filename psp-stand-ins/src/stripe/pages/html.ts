/** Text that is HTML already. */
export type Html = { readonly html: string }

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Makes HTML of a template; every value is escaped unless it is HTML itself. Null and false leave nothing. */
export function html(parts: TemplateStringsArray, ...values: (string | number | null | false | Html | Html[])[]): Html {
  return { html: parts.map((part, index) => part + render(values[index])).join('') }
}

function render(value: string | number | null | false | undefined | Html | Html[]): string {
  if (value === null || value === undefined || value === false) return ''
  if (Array.isArray(value)) return value.map((item) => item.html).join('')
  if (typeof value === 'object') return value.html
  return String(value).replace(/[&<>"']/g, (character) => escapes[character] ?? '')
}
