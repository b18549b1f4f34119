import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'

/** A fields page that answers by what its address says it should do, on an origin of its own. */
const fieldsPage = `<!doctype html><title>fields</title><script type="module">
  const query = new URLSearchParams(location.search)
  const say = (message) => parent.postMessage({ fincore: 1, ...message }, query.get('origin'))
  addEventListener('message', (event) => {
    if (event.origin !== query.get('origin') || event.data.do !== 'tokenize') return
    const id = event.data.id
    if (query.get('act') === 'error')
      say({ event: 'error', id, code: 'incomplete_cvc', message: 'Enter the security code.', field: 'cvc' })
    if (query.get('act') !== 'token') return
    say({ event: 'token', id: 'another question', token: 'tok_stale' })
    say({ event: 'token', id, token: 'tok_1', card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2031 } })
  })
  if (query.get('act') !== 'silent') say({ event: 'ready', height: 120 })
  say({ event: 'change', complete: true, brand: 'visa' })
</script>`

/** A stranger's page, framed beside the fields, that claims that they are ready and invents a token for every question. */
const strangerPage = `<!doctype html><title>stranger</title><script>
  setInterval(() => parent.postMessage({ fincore: 1, event: 'ready', height: 999 }, '*'), 20)
</script>`

const servers: Server[] = []
let browser: Browser
let shop: string
let psp: string
let act = 'token'

async function serve(respond: (path: string) => { type: string; body: string }): Promise<string> {
  const server = createServer((request, response) => {
    const { type, body } = respond(request.url ?? '/')
    response.writeHead(200, {
      'content-type': type,
      'access-control-allow-origin': '*',
      'access-control-allow-headers': '*',
    })
    response.end(body)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

before(async () => {
  const sdk = stripTypeScriptTypes(await readFile(new URL('./fincore.ts', import.meta.url), 'utf8'))
  psp = await serve(() => ({ type: 'text/html', body: fieldsPage }))
  const stranger = await serve(() => ({ type: 'text/html', body: strangerPage }))
  shop = await serve((path) => {
    if (path === '/fincore.js') return { type: 'text/javascript', body: sdk }
    if (path === '/v1/client_config') {
      const fields = { kind: 'iframe', url: `${psp}/fields?act=${act}`, origin: psp }
      return {
        type: 'application/json',
        body: JSON.stringify({ environment: 'sandbox', psp_accounts: [{ id: 'pspa_1', psp: 'sandbox', fields }] }),
      }
    }
    return {
      type: 'text/html',
      body: `<!doctype html><html lang="en"><div id="card"></div><iframe src="${stranger}"></iframe>`,
    }
  })
  const executablePath = process.env.CHROMIUM_PATH ?? (await chromium.executablePath())
  browser = await playwright.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] })
})

after(async () => {
  await browser?.close()
  for (const server of servers) server.close()
})

/** Opens the shop's page and runs `script` in it, with `mount(options)` and `fincore` at hand; gives what it returns. */
async function runInShop(does: string, script: string): Promise<Record<string, unknown>> {
  act = does
  const page: Page = await browser.newPage()
  try {
    await page.goto(shop)
    return await page.evaluate(`(async () => {
      const { loadFincore } = await import('/fincore.js')
      const fincore = await loadFincore({ api: location.origin, publishableKey: 'pk_test_1' })
      const mount = (options) => fincore.mountCardFields(document.querySelector('#card'), options)
      const describe = (error) => ({ name: error.name, code: error.code, message: error.message, field: error.field })
      ${script}
    })()`)
  } finally {
    await page.close()
  }
}

test('the fields are drawn in a titled frame of the size they ask for, and give a token', async () => {
  const seen = await runInShop(
    'token',
    `const states = []
     const fields = await mount({ onChange: (state) => states.push(state) })
     const [first, second] = await Promise.all([fields.tokenize(), fields.tokenize()])
     const frame = document.querySelector('#card iframe')
     return { kind: fields.kind, first, same: first === second, states, title: frame.title, allow: frame.allow, height: frame.style.height }`,
  )
  assert.deepEqual(seen, {
    kind: 'iframe',
    first: {
      token: 'tok_1',
      card: { brand: 'visa', last4: '4242', exp_month: 4, exp_year: 2031 },
      pspAccount: 'pspa_1',
    },
    same: true,
    states: [{ complete: true, brand: 'visa' }],
    title: 'Card details',
    allow: 'payment',
    height: '120px',
  })
})

test('what the shopper typed wrong arrives as an error that can be shown', async () => {
  const error = await runInShop('error', 'return (await mount()).tokenize().catch(describe)')
  assert.deepEqual(error, {
    name: 'FincoreError',
    code: 'incomplete_cvc',
    message: 'Enter the security code.',
    field: 'cvc',
  })
})

test('a frame that never gets ready is taken away in bounded time, and a stranger cannot speak for it', async () => {
  const seen = await runInShop(
    'silent',
    `const error = await mount({ readyTimeoutMs: 400 }).catch(describe)
     return { code: error.code, message: error.message, frames: document.querySelectorAll('#card iframe').length }`,
  )
  assert.equal(seen.code, 'fields_unavailable')
  assert.match(String(seen.message), /could not be loaded/)
  assert.equal(seen.frames, 0)
})

test('a token counts only from the very frame while it shows the PSP, even when the forger knows the question', async () => {
  const seen = await runInShop(
    'mute',
    `crypto.getRandomValues = (bytes) => bytes.fill(0)
     const fields = await mount()
     const frame = document.querySelector('#card iframe').contentWindow
     const data = { fincore: 1, event: 'token', id: '00'.repeat(16), token: 'tok_forged' }
     const say = (from) => dispatchEvent(new MessageEvent('message', { data, ...from }))
     const asked = fields.tokenize().then((result) => result.token)
     window.postMessage(data, '*')
     say({ source: frame, origin: 'https://evil.example' })
     say({ source: window, origin: '${psp}' })
     const forged = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 150, 'ignored'))])
     say({ source: frame, origin: '${psp}' })
     return { forged, genuine: await asked }`,
  )
  assert.deepEqual(seen, { forged: 'ignored', genuine: 'tok_forged' })
})

test('fields that are taken away while they work say so', async () => {
  const error = await runInShop(
    'mute',
    'const fields = await mount(); const asked = fields.tokenize().catch(describe); fields.unmount(); return asked',
  )
  assert.equal(error.code, 'unmounted')
})

test('only web addresses are followed as a next action, and a charge without one needs nothing', async () => {
  const seen = await runInShop(
    'token',
    `const follow = (url) => fincore.handleNextAction({ next_action: { type: 'redirect', url } }).catch(describe)
     return { nothing: await fincore.handleNextAction({ next_action: null }), script: await follow('javascript:alert(1)') }`,
  )
  assert.equal(seen.nothing, false)
  assert.equal((seen.script as { code: string }).code, 'next_action_unsupported')
})

test('a secret key is refused before it is sent anywhere', async () => {
  const seen = await runInShop(
    'token',
    `return loadFincore({ api: location.origin, publishableKey: 'sk_test_1' }).catch(describe)`,
  )
  assert.equal(seen.name, 'TypeError')
})
