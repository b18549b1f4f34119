import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { contentTypes, makeServedFile, type ServedFile, type ServedPage } from '@fincore/api-contract/served-pages'
import type { App } from '../../server/server.ts'

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')

const styles = makeAsset('docs', 'css', read('docs.css'), { kind: 'style', why: 'How the page looks.' })
const script = makeAsset('try', 'js', stripTypeScriptTypes(read('browser/try.ts')), {
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
function makeAsset(name: string, ending: string, body: string, what: Pick<ServedFile, 'kind' | 'why'>): ServedFile {
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return makeServedFile({ ...what, path: `/docs-assets/${name}-${digest}.${ending}`, body })
}

export function registerDocsAssets(app: Pick<App, 'get'>): void {
  for (const { path, kind, body } of referencePage.files) {
    app.get(path, { config: { access: { by: 'anyone' } } }, async (_request, reply) =>
      reply.type(contentTypes[kind]).header('cache-control', 'public, max-age=31536000, immutable').send(body),
    )
  }
}
