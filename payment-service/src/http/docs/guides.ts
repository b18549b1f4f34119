import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { html } from '../link/html.ts'
import { renderMarkdown } from './markdown.ts'
import { type Entry, renderDocsPage } from './page.ts'

/** The repository's docs/, as it is deployed with the service. */
const docsFolder = fileURLToPath(new URL('../../../../docs/', import.meta.url))

/** Files that pages made from the same tables stand for. */
const tablePages: Readonly<Record<string, string>> = {
  'errors.md': '/docs/errors',
  'events.md': '/docs/events',
  'decline-codes.md': '/docs/decline-codes',
}
/** What the guides refer to and stands beside docs/: of each package that a merchant installs, what it says of itself. */
const packagePages: Readonly<Record<string, string>> = {
  '../node-sdk/README.md': '/docs/node-sdk',
  '../browser-sdk/README.md': '/docs/browser-sdk',
}
/** The guides, and of the rest what they refer a merchant's developer to. All else of docs/ is for operators. */
const served = [
  'guides/*.{md,svg}',
  '{errors,events,decline-codes,states,link-matrix,magic-cards,card-fields,cli}.md',
  'psps/*.md',
]
const guidesIndex = 'guides/README.md'

/** A page or a picture at an address below `/docs`; a page is rendered when it is first asked for. */
export type ServedDoc = { path: string; type: string; render(): string }

/** Every file of docs/ that is served, where its links lead. @param folder a test's own. */
export function listDocs(folder: string = docsFolder): ServedDoc[] {
  const files = existsSync(folder)
    ? [
        ...globSync(served, { cwd: folder }).map((file) => file.split(sep).join('/')),
        ...Object.keys(packagePages).filter((file) => existsSync(join(folder, file))),
      ].sort()
    : []
  const known = new Set(files)
  const addressOf = (linked: string) => {
    // A package's page links docs/ from beside it.
    const file = linked.replace(/^\.\.\/docs\//, '')
    return known.has(file) ? addressOfFile(file) : null
  }
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const guides = files.filter((file) => file.startsWith('guides/') && file.endsWith('.md'))
  const contentsOf = (here: string, own: readonly Entry[]): Entry[] =>
    guides.map((file) => ({
      to: addressOfFile(file),
      name: html`${titleOf(read(file))}`,
      inside: file === here ? own : [],
    }))
  return files
    .filter((file) => tablePages[file] === undefined)
    .map((file) => {
      const path = addressOfFile(file)
      if (file.endsWith('.svg')) return { path, type: 'image/svg+xml', render: () => read(file) }
      let page = ''
      const render = () => {
        if (page !== '') return page
        const { title, contents, body } = renderMarkdown(read(file), file, addressOf)
        const isGuide = guides.includes(file)
        page = renderDocsPage({ path, title, contents: isGuide ? contentsOf(file, contents) : contents, body })
        return page
      }
      return { path, type: 'text/html; charset=utf-8', render }
    })
}

function addressOfFile(file: string): string {
  if (file === guidesIndex) return '/docs/guides'
  return tablePages[file] ?? packagePages[file] ?? `/docs/${file.replace(/\.md$/, '')}`
}

function titleOf(text: string): string {
  return /^# (.*)$/m.exec(text)?.[1]?.replaceAll('`', '') ?? ''
}
