import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { contentTypes, makeServedFile, type ServedFile, type ServedPage } from '@fincore/api-contract/served-pages'
import type { App } from '../../server/server.ts'

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')

const sheet = read('docs.css')
const source = read('browser/try.ts')
const styles = makeAsset('docs', 'css', digestOf(sheet), {
  body: sheet,
  kind: 'style',
  why: 'How the page looks.',
})
// Its content follows from its source alone: Node puts blanks where types were.
const script = makeAsset('try', 'js', digestOf(source), {
  // Not before somebody asks: the first use of the stripper takes a tenth of a start.
  body: () => stripTypeScriptTypes(source),
  kind: 'script',
  why: 'Sends the request that a developer has filled in to this very sandbox, and shows the answer.',
})

/** Every page of the documentation, and in production the reference as well: nothing runs there. */
export const docsPage: ServedPage = {
  name: 'docs',
  shows: 'The API’s documentation',
  addresses: ['/docs', '/docs/*'],
  files: [styles],
}
/** The reference of a sandbox, whose requests can be sent from the page. */
export const referencePage: ServedPage = {
  name: 'reference',
  shows: 'The API’s reference, with requests to send to the sandbox',
  addresses: ['/docs'],
  files: [styles, script],
}

/** A file's address carries its content's digest, so that a browser may keep it for good. */
function makeAsset(
  name: string,
  ending: string,
  digest: string,
  what: Omit<Parameters<typeof makeServedFile>[0], 'path'>,
): ServedFile {
  return makeServedFile({ ...what, path: `/docs-assets/${name}-${digest}.${ending}` })
}

function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12)
}

export function registerDocsAssets(app: Pick<App, 'get'>): void {
  for (const file of referencePage.files) {
    app.get(file.path, { config: { access: { by: 'anyone' } } }, async (_request, reply) =>
      reply
        .type(contentTypes[file.kind])
        .header('cache-control', 'public, max-age=31536000, immutable')
        .send(file.body),
    )
  }
}
