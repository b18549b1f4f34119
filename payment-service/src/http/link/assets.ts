import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { App } from '../../server/server.ts'

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')

/** The files that the pages load. Their addresses carry their content's digest, so that a browser may keep them for good. */
const assets = {
  styles: makeAsset('link', 'css', 'text/css', read('link.css')),
  script: makeAsset('open', 'js', 'text/javascript', read('browser/open.ts')),
}
export const assetPaths = { styles: assets.styles.path, script: assets.script.path }

function makeAsset(name: string, ending: string, type: string, body: string) {
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { path: `/link-assets/${name}-${digest}.${ending}`, type: `${type}; charset=utf-8`, body }
}

export function registerLinkAssets(app: Pick<App, 'get'>): void {
  for (const { path, type, body } of Object.values(assets)) {
    app.get(path, { config: { access: { by: 'anyone' } } }, async (_request, reply) =>
      reply.type(type).header('cache-control', 'public, max-age=31536000, immutable').send(body),
    )
  }
}
