import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import type { App } from '../api/server.ts'
import type { World } from '../world.ts'
import { registerCheckoutPage } from './checkout-page.ts'
import { registerElementPage } from './element-page.ts'
import { registerThreeDSecurePage } from './three-d-secure-page.ts'

/** What pages load. Modules lie below `/assets` as they lie in this folder's parent, so that their imports find each other. */
const assets = [
  { path: '/v3/', file: 'pages/browser/stripe-js.ts', type: 'text/javascript' },
  { path: '/assets/pages/browser/element.ts', file: 'pages/browser/element.ts', type: 'text/javascript' },
  { path: '/assets/card-number.ts', file: 'card-number.ts', type: 'text/javascript' },
  { path: '/assets/style.css', file: 'pages/style.css', type: 'text/css' },
]

/** The pages that shoppers see, and Stripe.js with the frames that it draws. */
export function registerPages(app: App, world: World): void {
  for (const { path, file, type } of assets) {
    const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
    const body = file.endsWith('.ts') ? stripTypeScriptTypes(text) : text
    app.get(path, async (_request, reply) =>
      reply
        .type(`${type}; charset=utf-8`)
        .header('cache-control', 'no-cache')
        .header('x-content-type-options', 'nosniff')
        // A page that gives the script's hash asks for it across origins.
        .header('access-control-allow-origin', '*')
        .send(body),
    )
  }
  registerCheckoutPage(app, world)
  registerThreeDSecurePage(app, world)
  registerElementPage(app, world)
}
