import { gzipSync } from 'node:zlib'
import { newestVersion, readSdkFile, readVersions, type SdkFileName, sdkPath } from '@fincore/browser/served'
import { refuse } from '../../refusal.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'

const fileNames: readonly SdkFileName[] = ['fincore.js', 'fincore.mjs']
/** For merchants' pages, which are of other origins: a script with a hash is asked for by CORS. */
const forAnyPage = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' }
/** A quarter of an hour, since a new version is no news that hurries. */
const versionsCacheControl = 'public, max-age=900'

/**
 * `GET /sdk/v{version}/fincore.js` and `fincore.mjs`: `@fincore/browser` for merchants' pages. What stands at such an
 * address never changes, so that a page can pin its hash and a browser keep it for good. `GET /sdk/versions.json` lists
 * the versions and their hashes.
 */
export function registerSdkRoutes(app: App): void {
  const access = { config: { access: { by: 'anyone' } } } as const
  const versions = readVersions()
  const files = new Map(
    versions.flatMap((version) =>
      fileNames.map((name) => {
        const { body } = readSdkFile(version, name)
        return [sdkPath(version.version, name), { body, gzipped: gzipSync(body, { level: 9 }) }] as const
      }),
    ),
  )
  const newest = sdkPath(newestVersion().version, 'fincore.js')

  app.get('/sdk/versions.json', access, async (_request, reply) =>
    reply
      .headers({ ...forAnyPage, 'cache-control': versionsCacheControl })
      .send({ object: 'list', data: versions, has_more: false }),
  )
  app.get<{ Params: { version: string; file: string } }>('/sdk/:version/:file', access, async (request, reply) => {
    reply.headers(forAnyPage)
    const { version, file } = request.params
    const found = files.get(`/sdk/${version}/${file}`)
    if (found === undefined) {
      const detail = `There is no such file of the browser SDK. The newest is ${newest}; /sdk/versions.json lists every version with its hashes.`
      throw new RefusalError(refuse('route_not_found', { detail }))
    }
    const isZipped = acceptsGzip(request.headers['accept-encoding'])
    if (isZipped) reply.header('content-encoding', 'gzip')
    return reply
      .headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
      .type('text/javascript; charset=utf-8')
      .send(isZipped ? found.gzipped : found.body)
  })
}

function acceptsGzip(accepted = ''): boolean {
  return accepted.split(',').some((coding) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(coding))
}
