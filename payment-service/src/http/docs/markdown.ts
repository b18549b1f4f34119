import { posix } from 'node:path'
import { Marked, type Token, type Tokens } from 'marked'
import { type Html, html } from '../link/html.ts'
import { type Entry, renderCode } from './page.ts'

export type RenderedMarkdown = { title: string; contents: readonly Entry[]; body: Html }

/** Where a file of docs/ is served; null for one that is not, whose links become plain text. */
export type AddressOf = (file: string) => string | null

/**
 * Renders a file of docs/ as a page shows it. HTML in it is shown as text, links lead to where the files are served, and
 * what is wider than a phone scrolls by itself.
 *
 * @param file its path in docs/, such as `guides/webhooks.md`: what its links begin from.
 */
export function renderMarkdown(text: string, file: string, addressOf: AddressOf): RenderedMarkdown {
  const contents: Entry[] = []
  const ids = new Map<string, number>()
  let title = ''
  // Each place that scrolls has a name of its own, or a screen reader’s list of them says nothing.
  let codes = 0
  let tables = 0
  const idOf = (name: string): string => {
    const id = slugOf(name)
    const before = ids.get(id) ?? 0
    ids.set(id, before + 1)
    return before === 0 ? id : `${id}-${before}`
  }
  const resolve = (href: string): string | null => {
    if (/^https?:/.test(href) || href.startsWith('#')) return href
    const [path = '', anchor] = href.split('#')
    const address = addressOf(posix.normalize(posix.join(posix.dirname(file), path)))
    return address === null || anchor === undefined ? address : `${address}#${anchor}`
  }
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const name = plain(tokens)
        const inner = this.parser.parseInline(tokens)
        if (depth === 1) {
          title = name
          return ''
        }
        const id = idOf(name)
        if (depth === 2) contents.push({ to: `#${id}`, name: { html: inner } })
        return `<h${depth} id="${id}">${inner}</h${depth}>\n`
      },
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens)
        const to = resolve(href)
        return to === null ? inner : html`<a href="${to}">${{ html: inner }}</a>`.html
      },
      image({ href, text: alt }) {
        const to = resolve(href)
        return to === null ? html`${alt}`.html : html`<img src="${to}" alt="${alt}">`.html
      },
      code({ text: code, lang }) {
        return `${renderCode(code, `Code ${++codes}${lang ? `: ${lang}` : ''}`).html}\n`
      },
      table(token) {
        return renderTable(token, ++tables, (cell) => this.parser.parseInline(cell))
      },
      html({ text: tag }) {
        return /^\s*<!--.*?-->\s*$/s.test(tag) ? '' : html`${tag}`.html
      },
    },
  })
  const body = { html: marked.parse(text, { async: false }) }
  return { title, contents, body }
}

function renderTable({ header, rows }: Tokens.Table, number: number, renderCell: (tokens: Token[]) => string): string {
  const head = header.map((cell) => {
    const text = renderCell(cell.tokens)
    // A head without words is none to a screen reader.
    return text === '' ? '<td></td>' : `<th scope="col">${text}</th>`
  })
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${renderCell(cell.tokens)}</td>`).join('')}</tr>`)
  const label = header
    .map((cell) => plain(cell.tokens))
    .filter(Boolean)
    .join(', ')
  return html`<div class="table" tabindex="0" role="region" aria-label="${`Table ${number}: ${label}`}"><table><thead><tr>${{ html: head.join('') }}</tr></thead><tbody>${{ html: body.join('\n') }}</tbody></table></div>`
    .html
}

/** As GitHub makes the anchor of a heading, so that a link works at both places. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')
}

/** The words of a heading, without its marks. */
function plain(tokens: readonly Token[]): string {
  return tokens
    .map((token) => ('tokens' in token && token.tokens ? plain(token.tokens) : 'text' in token ? token.text : ''))
    .join('')
}
