import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Charge, PaymentSession } from '@fincore/api-contract/resources'
import { readAnswers } from '@fincore/dev/doc-blocks/compare-answer'
import { readExample, readGuides } from '@fincore/dev/doc-blocks/include-examples'
import type { DocBlock } from '@fincore/dev/doc-blocks/read-blocks'
import type { ShellSession } from '@fincore/dev/doc-blocks/shell-session'
import { pathInRepository } from '@fincore/dev/managed-process'
import * as sdk from '@fincore/node'
import { type MagicCardName, magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Browser, Page } from 'playwright-core'
import { payOnHostedPage, shareBrowser } from '../browser.ts'
import { launcherCommands } from '../launcher-commands.ts'
import { eventually } from '../world.ts'
import { type GuideWorld, openGuideWorld } from './guide-world.ts'

// The start page runs before each of the others.
const guides = readGuides().filter(({ name }) => name !== 'README')
const readme = { name: 'front', path: 'README.md', text: readFileSync(pathInRepository('README.md'), 'utf8') }
/** What the README says to type that starts FinCore, or is what runs this test, and is run elsewhere. */
const runElsewhere: readonly string[] = [...Object.values(launcherCommands), 'npm ci', 'npm test']
const shared = shareBrowser()
/** As strict as the guides ask for: no script that stands in the page, and none but this shop’s and FinCore’s. */
const strictPolicy =
  "default-src 'none'; script-src 'self' http://127.0.0.1:*; connect-src 'self' http://127.0.0.1:*; frame-src http://127.0.0.1:*"
const flows = ['hosted-redirect', 'client-side-sdk', 'server-to-server']

/** Every block of every guide is run here, as a reader does: from top to bottom, with what the start page says first. */
describe('the guides', { concurrency: 1 }, () => {
  let reader: GuideWorld
  let key: string
  let browser: Browser
  before(async () => {
    ;[reader, browser] = await Promise.all([openGuideWorld(), shared.open()])
    key = await reader.makeShop()
  })
  after(async () => {
    await shared.close()
    await reader?.close()
  })

  /** Opens a page as a shopper, in a browser that knows nothing. */
  async function openAsShopper(url: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage()
    await page.goto(url)
    return page
  }

  /** Has the page of the guide’s shop, which is read for each shopper, ask the browser for the strict policy. */
  function setStrictPolicy(): void {
    const file = join(reader.folder, 'client-side-sdk.html')
    const policy = `<meta http-equiv="Content-Security-Policy" content="${strictPolicy}">`
    const page = readFileSync(file, 'utf8')
    writeFileSync(
      file,
      page.replace('<html lang="en">', (start) => `${start}${policy}`),
    )
    assert.notEqual(readFileSync(file, 'utf8'), page)
  }

  /** Types a card into the fields of the guides' page, and presses its button. */
  async function payByFields(page: Page, card: MagicCardName): Promise<void> {
    const fields = page.frameLocator('iframe')
    await fields.getByLabel('Card number').fill(magicCardNumber(card))
    await fields.getByLabel('Expiry date').fill('12 / 34')
    await fields.getByLabel('Security code').fill('123')
    await page.getByRole('button', { name: 'Pay 19.90 EUR' }).click()
  }

  /** What a reader does after a block: waits for the shop that it starts, pays an open session, waits for a ping. */
  async function act(printed: string, { text }: DocBlock, shell: ShellSession): Promise<void> {
    if (/\.mjs\) &/.test(text)) await eventually('the shop to listen', () => fetch(reader.shop).catch(() => null))
    const answer = readAnswers(printed).at(-1)
    if (answer?.object === 'payment_session' && answer.status === 'open') await payAsShopper(answer)
    if (answer?.object === 'webhook_delivery') await eventually('the ping', async () => /^ping$/m.test(shell.printed()))
  }

  async function payAsShopper(session: Partial<PaymentSession>): Promise<void> {
    const page = await openAsShopper(String(session.url))
    // The guides' shop is made up, so the browser sets out for it and does not arrive.
    const leaving = page.waitForRequest(`https://shop.example/thanks?payment_session=${session.id}`)
    await payOnHostedPage(page, 'visa')
    await leaving
    await page.context().close()
  }

  /** Waits until the shop that runs in the reader's shell says that it delivers its order, and sees that it was paid. */
  async function waitForDelivery(shell: ShellSession): Promise<void> {
    const order = await eventually(
      'the shop to deliver',
      async () => shell.printed().match(/^Deliver (order-[0-9a-f]{8}-.*)$/m)?.[1],
    )
    const { body } = await reader.world.api('GET', `/v1/charges?merchant_reference=${order}`, undefined, {
      bearer: key,
    })
    const [charge] = body.data as Charge[]
    assert.deepEqual([charge?.status, charge?.amount_captured], ['captured', 1990])
  }

  /** Sends the shop a webhook that nobody has signed. @returns the status of its answer. */
  async function sendForged(): Promise<number> {
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': `${Math.floor(Date.now() / 1000)}`,
      'webhook-signature': 'v1,Zm9yZ2Vk',
    }
    const order = { object: 'charge', id: 'ch_1', merchant_reference: 'order-forged' }
    const body = JSON.stringify({
      object: 'event',
      id: 'evt_1',
      type: 'charge.captured',
      sequence: 1,
      data: { object: order },
    })
    return (await fetch(`${reader.shop}/webhooks`, { method: 'POST', headers, body })).status
  }

  const afterwards: Record<string, (shell: ShellSession) => Promise<void>> = {
    'hosted-redirect': async (shell) => {
      const page = await openAsShopper(reader.shop)
      await page.getByRole('button', { name: 'Buy the mug' }).click()
      await payOnHostedPage(page, 'visa')
      await page.waitForURL(`${reader.shop}/thanks?payment_session=ps_*`)
      await waitForDelivery(shell)
    },
    'client-side-sdk': async (shell) => {
      setStrictPolicy()
      const page = await openAsShopper(reader.shop)
      await payByFields(page, 'insufficient_funds')
      await page.getByText('The card has too little money available. Use another card.').waitFor()
      await payByFields(page, 'visa')
      await page.getByText('Your payment is captured.').waitFor()
      await waitForDelivery(shell)
    },
    'server-to-server': async (shell) => {
      await waitForDelivery(shell)
      assert.equal(await sendForged(), 400)
      assert.match(shell.printed(), /^ch_\w+ is captured$/m)
    },
    webhooks: async (shell) => {
      assert.equal(await sendForged(), 400)
      await eventually(
        'both events',
        async () => /^ping$/m.test(shell.printed()) && /^charge\.captured$/m.test(shell.printed()),
      )
    },
    testing: async (shell) =>
      assert.match(shell.printed(), /captured\nfailed\nrequires_action\n(captured|processing)\n/),
  }

  it('README: every block runs, here or by the tests of the launcher', async () => {
    const shell = await reader.openShell(readme)
    try {
      await reader.follow(readme, shell, undefined, ({ section, text }) => {
        if (section !== 'Start it') return true
        for (const line of text.trim().split('\n')) assert.ok(runElsewhere.includes(line.split(/ +#/)[0] ?? ''), line)
        return false
      })
    } finally {
      shell.close()
    }
  })

  it('README: a machine that has only Node and npm is taken from npm ci to npm test', () => {
    const ci = readFileSync(pathInRepository('.ci/run'), 'utf8').split('\n')
    assert.deepEqual(
      runElsewhere.filter((command) => ci.includes(command)),
      ['npm ci', 'npm test'],
    )
  })

  for (const guide of guides) {
    it(`${guide.name}: every block runs, and says what it says`, async () => {
      const shell = await reader.openShell(guide)
      try {
        await reader.follow(guide, shell, (printed, block) => act(printed, block, shell))
        await afterwards[guide.name]?.(shell)
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : error}\n${shell.printed()}`, { cause: error })
      } finally {
        shell.close()
      }
    })
  }

  it('name no error of the SDK that it does not have', () => {
    for (const { path, text } of guides)
      for (const [name] of text.matchAll(/\bFincore\w*Error\b/g)) assert.ok(name in sdk, `${path}: ${name}`)
  })

  for (const flow of flows) {
    it(`${flow}: the whole program is less than 30 lines`, () => {
      const lines = readExample(`${flow}.mjs`)
        .split('\n')
        .filter((line) => line.trim() !== '' && !/^\s*\/\//.test(line))
      assert.ok(lines.length < 30, `${lines.length} lines`)
    })
  }
})
