/** A piece of HTML that is safe to put into a page as it is. */
export type Html = { readonly html: string }

type Content = Html | string | number | null | false | readonly Content[]

const replacements: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => replacements[character] ?? '')
}

function render(content: Content): string {
  if (content === null || content === false) return ''
  if (Array.isArray(content)) return content.map(render).join('')
  if (typeof content === 'object') return (content as Html).html
  return escapeHtml(String(content))
}

/** Everything put into the template is escaped, unless it is `Html` already; `null` and `false` leave nothing. */
export function html(parts: TemplateStringsArray, ...contents: Content[]): Html {
  return { html: parts.map((part, index) => part + render(contents[index] ?? null)).join('') }
}
