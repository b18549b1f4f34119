import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { Script } from 'node:vm'
import type { PaymentSession } from '@fincore/api-contract/resources'
import { expireDueSessions } from '../../flows/expire-payment-session.ts'
import { type LinkState, linkStates } from '../../flows/read-link.ts'
import { refuse } from '../../refusal.ts'
import { type LinkEvent, linkEvents, linkMatrix, linkPages } from './matrix.ts'
import { describeLinkMatrix } from './matrix-page.ts'
import { type Browser, type LinkWorld, openLinkWorld, type Visit } from './testing/link-world.ts'

type Session = PaymentSession & { url: string }
type Scene = { url: string; browser: Browser; session: Session | null; pspUrl: string | null }

describe('the payment link', { concurrency: 4 }, () => {
  let world: LinkWorld
  before(async () => {
    world = await openLinkWorld()
  })
  after(() => world.close())

  const openIn = async (browser: Browser, session: Session): Promise<string> => {
    const { location } = await world.visit(browser, 'POST', session.url)
    assert.ok(location)
    return location
  }

  /** Brings a new session into a state, and gives the browser that shall meet it there. */
  const scenes: Record<LinkState, () => Promise<Scene>> = {
    async fresh() {
      const session = await world.createSession()
      return { url: session.url, browser: new Map(), session, pspUrl: null }
    },
    async used_here() {
      const scene = await scenes.fresh()
      const pspUrl = scene.session === null ? null : await openIn(scene.browser, scene.session)
      return { ...scene, pspUrl }
    },
    async used_elsewhere() {
      const scene = await scenes.used_here()
      return { ...scene, browser: new Map() }
    },
    async completed() {
      const scene = await scenes.used_here()
      const back = await world.pay(scene.pspUrl ?? '', 'visa')
      assert.equal((await world.visit(scene.browser, 'GET', back ?? '')).status, 303)
      return scene
    },
    async expired() {
      const scene = await scenes.used_here()
      assert.equal(
        (await world.call('POST', `/v1/payment_sessions/${scene.session?.id}/expire`)).body.status,
        'expired',
      )
      return scene
    },
    async canceled() {
      const scene = await scenes.used_here()
      await world.visit(scene.browser, 'GET', `${scene.url}/cancel`)
      return scene
    },
    async unknown() {
      return { url: `http://127.0.0.1:4000/s/${'x'.repeat(43)}`, browser: new Map(), session: null, pspUrl: null }
    },
  }

  const acts: Record<LinkEvent, (scene: Scene) => Promise<Visit>> = {
    get: ({ browser, url }) => world.visit(browser, 'GET', url),
    head: ({ browser, url }) => world.visit(browser, 'HEAD', url),
    prefetch: ({ browser, url }) => world.visit(browser, 'GET', url, { 'sec-purpose': 'prefetch;prerender' }),
    get_without_scripts: ({ browser, url }) => world.visit(browser, 'GET', url),
    post: ({ browser, url }) => world.visit(browser, 'POST', url),
    return: ({ browser, url }) => world.visit(browser, 'GET', `${url}/return`),
    cancel: ({ browser, url }) => world.visit(browser, 'GET', `${url}/cancel`),
  }

  const markOf: Record<string, RegExp> = {
    pay: /<form method="post" action="\/s\/[\w-]{43}"[^>]*><button class="button" type="submit">Continue to payment<\/button>/,
    used_elsewhere: /This link is open in another browser/,
    completed: /You paid €19\.99 to Blue Bottle Books/,
    expired: /This payment link has expired/,
    canceled: /The payment was canceled/,
    unknown: /We do not know this link/,
  }

  for (const state of Object.keys(linkStates) as LinkState[]) {
    for (const event of Object.keys(linkEvents) as LinkEvent[]) {
      it(`${state}, ${event}`, async () => {
        const scene = await scenes[state]()
        const cell = linkMatrix[state][event]
        const before = await snapshot(scene)
        const answer = await acts[event](scene)
        assert.equal(answer.status, cell.status)
        if ('goal' in cell) {
          const id = scene.session?.id
          const goals = {
            psp: scene.pspUrl ?? answer.location,
            link: new URL(scene.url).pathname,
            success_url: `https://shop.example/thanks?order=7&payment_session=${id}`,
            cancel_url: `https://shop.example/cart?payment_session=${id}#items`,
          }
          assert.equal(answer.location, goals[cell.goal])
          if (cell.goal === 'psp') assert.ok(answer.location?.startsWith(world.sandbox.pagesUrl))
        } else if (event === 'head') assert.equal(answer.text, '')
        else assert.match(answer.text, markOf[cell.page] ?? /never/)
        assert.match(String(answer.headers['cache-control']), /no-store/)
        assert.equal(answer.headers['referrer-policy'], 'no-referrer')
        assert.match(String(answer.headers['x-robots-tag']), /noindex/)
        const now = await snapshot(scene)
        if (cell.changes === undefined) assert.deepEqual(now, before)
        else assert.notDeepEqual(now, before)
      })
    }
  }

  const snapshot = async (scene: Scene): Promise<unknown> => {
    if (scene.session === null) return null
    const { rows } = await world.deps.pool.query(
      'select status, sequence, link_used_at, browser_digest, charge_id from payment_sessions where id = $1',
      [scene.session.id],
    )
    return { ...rows[0], page: await lookAtPsp(scene) }
  }
  const lookAtPsp = async (scene: Scene): Promise<number | null> =>
    scene.pspUrl === null ? null : (await fetch(scene.pspUrl)).status

  it('is bound by a cookie that only this host can set, and no script can read', async () => {
    const session = await world.createSession()
    const answer = await world.visit(new Map(), 'POST', session.url)
    const cookie = String(answer.headers['set-cookie'])
    assert.match(
      cookie,
      new RegExp(`^__Host-link_${session.id}=[\\w-]{43}; Path=/; Max-Age=\\d+; Secure; HttpOnly; SameSite=Lax$`),
    )
    const { rows } = await world.deps.pool.query(
      'select to_jsonb(session)::text as row from payment_sessions session where id = $1',
      [session.id],
    )
    assert.ok(!rows[0].row.includes(new URL(session.url).pathname.slice(3)), 'the token is stored nowhere')
  })

  it('is consumed once, however many browsers post at the same moment', async () => {
    const session = await world.createSession()
    const answers = await Promise.all(Array.from({ length: 12 }, () => world.visit(new Map(), 'POST', session.url)))
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [303, ...Array(11).fill(410)])
  })

  it('takes a page that was opened once and posted twice as one browser', async () => {
    const session = await world.createSession()
    const browser: Browser = new Map()
    await world.visit(browser, 'GET', session.url)
    const answers = await Promise.all([1, 2].map(() => world.visit(new Map(browser), 'POST', session.url)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 303],
    )
  })

  it('is never used up by another site, nor ahead of a click', async () => {
    const session = await world.createSession()
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-purpose': 'prefetch' },
    ]) {
      const answer = await world.visit(new Map(), 'POST', session.url, headers)
      assert.equal(answer.status, 403)
      assert.match(answer.text, /Please open the payment yourself/)
    }
    const { status } = await world.visit(new Map(), 'POST', session.url, { 'sec-fetch-site': 'none' })
    assert.equal(status, 303)
  })

  it('is not used up by another site in a browser that only says its origin', async () => {
    const post = async (origin: string | null) => {
      const session = await world.createSession()
      // `null`: Safari before 16.4, from a page that forbids the referrer, as ours do.
      const headers = { 'sec-fetch-site': null, ...(origin === null ? {} : { origin }) }
      const { status } = await world.visit(new Map(), 'POST', session.url, headers)
      return [status, (await world.findSession(session.id)).status]
    }
    const { origin } = new URL((await world.createSession()).url)
    for (const foreign of ['https://evil.example', `${origin}0`, origin.replace('http:', 'https:')]) {
      assert.deepEqual(await post(foreign), [403, 'open'], foreign)
    }
    for (const ours of [origin, 'null', null]) assert.equal((await post(ours))[0], 303, String(ours))
  })

  it('cancels nothing by HEAD, by a prefetch, or in a browser that did not use it', async () => {
    const { session, browser, url } = await scenes.used_here()
    await world.visit(browser, 'HEAD', `${url}/cancel`)
    await world.visit(browser, 'GET', `${url}/cancel`, { 'sec-purpose': 'prefetch' })
    assert.equal((await world.visit(new Map(), 'GET', `${url}/cancel`)).status, 303)
    assert.equal((await world.findSession(session?.id ?? '')).status, 'open')
  })

  it('has expired for the shopper at its time, before the expiry job has been there', async () => {
    const session = await world.createSession({ expires_in: 60 })
    await world.deps.pool.query(`update payment_sessions set expires_at = now() - interval '1 second' where id = $1`, [
      session.id,
    ])
    assert.equal((await world.visit(new Map(), 'GET', session.url)).status, 410)
    assert.equal((await world.visit(new Map(), 'POST', session.url)).status, 410)
    assert.equal((await world.findSession(session.id)).status, 'open')
    await expireDueSessions(world.deps)
  })

  it('speaks the session’s language, or else the browser’s', async () => {
    const cases = [
      { locale: 'de', accept: 'en', shows: /lang="de".*19,99\u00a0€.*Weiter zur Zahlung/s },
      { locale: 'fr', accept: 'de-AT,de;q=0.9', shows: /Weiter zur Zahlung/ },
      { locale: undefined, accept: 'fr', shows: /lang="en".*€19\.99.*Continue to payment/s },
    ]
    for (const { locale, accept, shows } of cases) {
      const session = await world.createSession(locale === undefined ? {} : { locale })
      assert.match((await world.visit(new Map(), 'GET', session.url, { 'accept-language': accept })).text, shows)
    }
  })

  it('shows the merchant’s words as words', async () => {
    const session = await world.createSession({ description: '<script>alert("1")</script>' })
    const { text, headers } = await world.visit(new Map(), 'GET', session.url)
    assert.match(text, /&lt;script&gt;alert\(&quot;1&quot;\)/)
    const policy = String(headers['content-security-policy'])
    const [styles, script] = [
      /style-src http:\/\/127\.0\.0\.1:4000\/link-assets\/link-\w+\.css;/,
      /script-src http:\/\/127\.0\.0\.1:4000\/link-assets\/open-\w+\.js;/,
    ]
    for (const part of [/^default-src 'none';/, styles, script, /base-uri 'none'/]) assert.match(policy, part)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.ok(!policy.includes('unsafe'))
  })

  it('loads its style and script from addresses that may be kept for good', async () => {
    const session = await world.createSession()
    const { text } = await world.visit(new Map(), 'GET', session.url)
    const paths = [...text.matchAll(/(?:href|src)="(\/link-assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
    assert.equal(paths.length, 2)
    for (const path of paths) {
      const { status, headers, text } = await world.visit(new Map(), 'GET', path)
      assert.equal(status, 200)
      assert.match(String(headers['cache-control']), /immutable/)
      if (path.endsWith('.js')) new Script(text)
    }
  })

  it('is not opened for an address at which card testing is suspected, and not used up', async () => {
    const session = await world.createSession({ locale: 'de' })
    const { cardTesting } = world.deps
    world.deps.cardTesting = {
      ...cardTesting,
      nameAddress: async (_merchant, address) => address,
      findBlock: async ({ openedFrom }) =>
        openedFrom === '198.51.100.77' ? refuse('card_testing_suspected', { retryAfterSeconds: 60 }) : null,
    }
    const post = (remoteAddress: string) =>
      world.app.inject({
        method: 'POST',
        url: new URL(session.url).pathname,
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
        payload: '',
        remoteAddress,
      })
    const paused = await post('198.51.100.77')
    assert.deepEqual([paused.statusCode, paused.headers['retry-after']], [429, '60'])
    assert.match(paused.payload, /Diese Zahlung ist gerade nicht möglich.*href="https:\/\/shop\.example\/cart/s)
    assert.equal((await post('198.51.100.78')).statusCode, 303)
    const { rows } = await world.deps.pool.query('select opened_from from payment_sessions where id = $1', [session.id])
    assert.equal(rows[0].opened_from, '198.51.100.78')
    world.deps.cardTesting = cardTesting
  })

  it('is described in docs/link-matrix.md as the table says', () => {
    const file = new URL('../../../../docs/link-matrix.md', import.meta.url)
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, describeLinkMatrix())
    assert.equal(
      readFileSync(file, 'utf8'),
      describeLinkMatrix(),
      'Run this test with UPDATE_DOCS=1 to write the page.',
    )
    assert.ok(Object.keys(linkPages).every((page) => describeLinkMatrix().includes(`*${page}*`)))
  })
})
