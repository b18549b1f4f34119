import { randomUUID } from 'node:crypto'
import type { ServedPage } from '@fincore/api-contract/served-pages'
import { findLinkedPages } from '@fincore/dev/pci/find-linked-pages'
import { findPages, sites } from '@fincore/dev/pci/page-manifest'
import { type LinkState, linkStates } from '@fincore/payment-service/flows/read-link'
import { type MagicCardName, magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Page, Route } from 'playwright-core'
import type { LinkCookie, Links, UsedLink } from './payment-link.ts'
import { eventually, tokenCharge, type World } from './world.ts'

/** A page that shoppers see, and how to come to see it. */
export type ShownPage = {
  name: string
  /** Which page of the servers' own tables it shows, such as `demo-shop checkout`. */
  of: string
  /** The page of the tables that stands in a frame of it. */
  framed?: string
  /** Makes what the page is about, once; gives its address, and the cookies that its browser has. */
  arrange(): Promise<Arranged>
  /** Before the page is opened: what its browser is kept from. */
  prepare?(page: Page): Promise<unknown>
  /** Another page of the same make is looked at in every way; this one wholly, in the first. */
  isOneOfMany?: boolean
  /** After it is opened: what the shopper does until the page looks so. */
  act?(page: Page): Promise<void>
}
export type Arranged = { url: string; cookies?: LinkCookie[] }

/** Every page that the servers' tables list, by the name of its site and its own. */
export const manifest: ReadonlyMap<string, ServedPage> = new Map(
  sites.flatMap(({ name, pages }) => pages.map((page): [string, ServedPage] => [`${name} ${page.name}`, page])),
)

const dear = {
  description: 'Hearth teapot, Aske Stoneware',
  line_items: [{ name: 'Hearth teapot', quantity: 1, amount: 1999 }],
}

/** States in which the payment link leads on, or is to be looked at in more ways than one. */
const led: ReadonlySet<string> = new Set<LinkState>(['fresh', 'used_here'])

/** Pages of `/docs` of which each is of a make of its own; the others are text in the looks of the guide. */
const ofTheirOwnMake: ReadonlySet<string> = new Set([
  '/docs',
  '/docs/errors',
  '/docs/currencies',
  '/docs/guides/hosted-redirect',
])

/** The payment link's pages in every state, while the PSP answers, and every page below `/docs` that another one links. */
export async function listServicePages(world: World, links: Links): Promise<ShownPage[]> {
  const { api } = world.fincore.dev
  const fresh = async () => ({ url: (await links.make(dear)).url })
  const states = (Object.keys(linkStates) as LinkState[]).filter((state) => !led.has(state))
  const docs = await findLinkedPages('/docs', async (path) => {
    const { headers, text } = await world.http.send('GET', api + path)
    return String(headers['content-type']).startsWith('text/html') ? text : null
  })
  return [
    {
      name: 'link-fresh',
      of: 'payment-service pay',
      arrange: fresh,
      prepare: (page) => page.route('**/link-assets/*.js', (route) => route.abort()),
    },
    {
      name: 'link-fresh-opening',
      of: 'payment-service pay',
      arrange: fresh,
      prepare: (page) =>
        page.route('**/s/*', (route) =>
          route.request().method() === 'POST' ? route.fulfill({ status: 204 }) : route.continue(),
        ),
      act: (page) => page.getByRole('button', { name: 'Opening the payment page…' }).waitFor(),
    },
    ...states.map((state) => ({
      name: `link-${state}`,
      of: 'payment-service link message',
      arrange: () => links.makeIn(state),
    })),
    // A problem's `type` leads to a row of the table of errors.
    ...docs.map((path) => ({
      name: path.slice(1).replaceAll('/', '-'),
      of: pageOf('payment-service', path),
      isOneOfMany: !ofTheirOwnMake.has(path),
      arrange: async () => ({ url: api + path + (path === '/docs/errors' ? '#card_data_not_accepted_here' : '') }),
    })),
  ]
}

/** The page of the tables that an address shows; where several fit, the one that names it most exactly. */
function pageOf(site: string, path: string): string {
  const fitting = findPages(path).filter((found) => found.site.name === site)
  const isExact = (addresses: readonly string[]) => addresses.includes(path)
  const { page } = fitting.find((found) => isExact(found.page.addresses)) ?? fitting[0] ?? {}
  return `${site} ${page?.name}`
}

/** Lets a page come, and what it asks for again be answered by nothing, so that it stays. */
function openOnce(): (route: Route) => Promise<void> {
  let isOpen = false
  return async (route) => {
    if (isOpen) return route.fulfill({ status: 204 })
    isOpen = true
    return route.continue()
  }
}

/** What a returning shopper sees while the PSP is silent. */
export function listSilentPages(links: Links): ShownPage[] {
  const url = async () => ({ url: `${(await links.make()).url}/return` })
  // The page asks again by itself, and would be gone while it is looked at.
  return [
    {
      name: 'link-confirming',
      of: 'payment-service link message',
      arrange: url,
      prepare: (page) => page.route('**/return?wait=*', (route) => route.fulfill({ status: 204 })),
    },
  ]
}

/** The sandbox PSP's pages. Its card fields are seen where shoppers see them, in the shop's checkout. */
export function listSandboxPages(world: World, links: Links): ShownPage[] {
  const { psp } = world.fincore.dev
  /** A checkout of its own, as its shopper left it. */
  const checkout = async (leave: (used: UsedLink, id: string) => Promise<unknown> = async () => {}) => {
    const { id, url } = await links.make(dear)
    const used = await links.use(url)
    await leave(used, id)
    return { url: used.checkout }
  }
  const paying = (card: MagicCardName) => (used: UsedLink) => links.pay(used, card)
  return [
    { name: 'psp-checkout', of: 'psp-sandbox checkout', arrange: () => checkout() },
    {
      name: 'psp-checkout-test-cards',
      of: 'psp-sandbox checkout',
      arrange: () => checkout(),
      act: (page) => page.locator('summary').click(),
    },
    {
      name: 'psp-checkout-invalid',
      of: 'psp-sandbox checkout',
      arrange: () => checkout(),
      act: (page) => page.locator('#pay').click(),
    },
    { name: 'psp-checkout-declined', of: 'psp-sandbox checkout', arrange: () => checkout(paying('declined')) },
    { name: 'psp-checkout-paid', of: 'psp-sandbox message', arrange: () => checkout(paying('visa')) },
    {
      name: 'psp-checkout-late',
      of: 'psp-sandbox checkout that waits',
      arrange: () => checkout(paying('late_success')),
      // The page loads itself again, and would be gone while it is looked at.
      prepare: (page) => page.route('**/checkout/*', openOnce()),
    },
    {
      name: 'psp-checkout-expired',
      of: 'psp-sandbox message',
      arrange: () => checkout((_used, id) => world.api('POST', `/v1/payment_sessions/${id}/expire`)),
    },
    {
      name: 'psp-challenge',
      of: 'psp-sandbox challenge',
      arrange: async () => {
        const made = await world.api(
          'POST',
          '/v1/charges',
          tokenCharge(await world.token(magicCardNumber('challenge'))),
        )
        return { url: (JSON.parse(made.text) as { next_action: { url: string } }).next_action.url }
      },
    },
    { name: 'psp-reference', of: 'psp-sandbox reference', arrange: async () => ({ url: `${psp}/` }) },
    { name: 'psp-unknown', of: 'psp-sandbox message', arrange: async () => ({ url: `${psp}/checkout/nothing` }) },
  ]
}

/** The demo shop's pages. */
export function listShopPages(world: World): ShownPage[] {
  const { shop } = world.fincore.dev
  const at = (path: string) => async () => ({ url: shop + path })
  const order = async (form: Record<string, string>) => {
    const sent = { attempt: randomUUID(), ...form }
    const answer = await world.http.send('POST', `${shop}/checkout/hearth-teapot`, {
      headers: { accept: 'application/json' },
      form: sent,
    })
    return shop + (JSON.parse(answer.text) as { order: string }).order
  }
  const byServer = (card: MagicCardName) =>
    order({ way: 'server', number: magicCardNumber(card), expiry: '12/34', cvc: '123' })
  /** The order's page, as soon as the webhook has told the shop how it ended. */
  const ended = (card: MagicCardName, status: string) => async () => {
    const url = await byServer(card)
    await eventually(`an order that is ${status}`, async () =>
      (await world.http.send('GET', url)).text.includes(`data-order-status="${status}"`),
    )
    return { url }
  }
  return [
    { name: 'shop-catalogue', of: 'demo-shop shop page', arrange: at('/') },
    { name: 'shop-product', of: 'demo-shop shop page', arrange: at('/products/hearth-teapot') },
    { name: 'shop-unknown', of: 'demo-shop shop page', arrange: at('/products/nothing') },
    { name: 'shop-checkout-hosted', of: 'demo-shop checkout', arrange: at('/checkout/hearth-teapot?way=hosted') },
    {
      name: 'shop-checkout-fields',
      of: 'demo-shop checkout',
      framed: 'psp-sandbox card fields',
      arrange: at('/checkout/hearth-teapot?way=fields'),
      act: async (page) => {
        await page.locator('#card-fields[data-state=ready]').waitFor()
        await page.frameLocator('#card-fields iframe').getByLabel('Card number').fill('5555 5555 5555 4444')
      },
    },
    { name: 'shop-checkout-server', of: 'demo-shop checkout', arrange: at('/checkout/hearth-teapot?way=server') },
    {
      name: 'shop-checkout-problem',
      of: 'demo-shop checkout',
      framed: 'psp-sandbox card fields',
      arrange: at('/checkout/hearth-teapot?way=fields'),
      act: async (page) => {
        await page.locator('#card-fields[data-state=ready]').waitFor()
        await page.locator('#pay-button').click()
        await page.locator('#problem').filter({ hasText: /./ }).waitFor()
      },
    },
    {
      name: 'shop-order-pending',
      of: 'demo-shop order',
      arrange: async () => ({ url: await order({ way: 'hosted' }) }),
    },
    { name: 'shop-order-bank', of: 'demo-shop order', arrange: async () => ({ url: await byServer('challenge') }) },
    { name: 'shop-order-paid', of: 'demo-shop order', arrange: ended('visa', 'paid') },
    { name: 'shop-order-failed', of: 'demo-shop order', arrange: ended('insufficient_funds', 'failed') },
    {
      name: 'shop-order-left',
      of: 'demo-shop order',
      arrange: async () => ({ url: `${await order({ way: 'hosted' })}?left=1` }),
    },
  ]
}
