import { listSandboxPages, listServicePages, listShopPages, type ShownPage } from '../pages-look.ts'
import type { Links } from '../payment-link.ts'
import type { World } from '../world.ts'

/** The pages that a shopper meets on the way to a paid order. */
const onTheWay = new Set([
  'payment-service pay',
  'payment-service link message',
  'psp-sandbox checkout',
  'psp-sandbox message',
  'psp-sandbox challenge',
  'demo-shop checkout',
  'demo-shop order',
])
/** What each of them must have for accessibility and for best practices. */
export const leastScore = 95
/** What would lead on from a page before it is audited. */
export const blocked = ['*/link-assets/*.js']

/** The shopper’s pages as they are when they are opened; what a page becomes by a press is for axe, in pages-look. */
export async function listShopperPages(world: World, links: Links): Promise<ShownPage[]> {
  const all = [...(await listServicePages(world, links)), ...listSandboxPages(world, links), ...listShopPages(world)]
  const isOpened = ({ name, act }: ShownPage) => act === undefined || name === 'shop-checkout-fields'
  return all.filter((shown) => onTheWay.has(shown.of) && isOpened(shown))
}
