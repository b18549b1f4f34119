import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import type { PagesApp } from './pages-app.ts'

/**
 * Every file that a page loads, by its path below `/assets`; scripts lie there as they lie in `src`, so that their
 * imports find each other.
 */
const assetPaths = [
  'pages/browser/card-inputs.ts',
  'pages/browser/check-again.ts',
  'pages/browser/checkout.ts',
  'pages/browser/fields.ts',
  'card-brands.ts',
] as const

/** Serves the style sheet and the scripts, whose types are stripped once, here. */
export function registerAssets(app: PagesApp): void {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
  const serve = (path: string, type: string, body: string) =>
    app.get(`/assets/${path}`, async (_request, reply) =>
      reply
        .type(`${type}; charset=utf-8`)
        .header('cache-control', 'no-cache')
        .header('x-content-type-options', 'nosniff')
        .send(body),
    )
  serve('style.css', 'text/css', read('pages/style.css'))
  for (const path of assetPaths) serve(path, 'text/javascript', stripTypeScriptTypes(read(path)))
}
