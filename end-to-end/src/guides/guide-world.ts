import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bootstrapMerchant } from '@fincore/dev/bootstrap'
import { writeDevEnvironment } from '@fincore/dev/dev-environment'
import { type Secrets, writeDevFile } from '@fincore/dev/dev-file'
import { readGuides } from '@fincore/dev/doc-blocks/include-examples'
import { type DocBlock, readBlocks } from '@fincore/dev/doc-blocks/read-blocks'
import { type Reader, runBlocks } from '@fincore/dev/doc-blocks/run-blocks'
import { openShellSession, type ShellSession } from '@fincore/dev/doc-blocks/shell-session'
import { findFreePort } from '@fincore/dev/free-ports'
import { pathInRepository } from '@fincore/dev/managed-process'
import { sandbox } from '@fincore/dev/psps/sandbox'
import { useWorld, type World } from '../world.ts'

/** The headings of the start page whose lines a reader pastes once, and in every shell. */
const onceHeading = 'Make your shop, once'
const alwaysHeading = 'In every shell'
/** Where the guides' shop listens; a reader's machine has it free, this one may not. */
const shopOfTheGuides = '127.0.0.1:3000'

type Page = { name: string; path: string; text: string }

export type GuideWorld = {
  world: World
  /** Where the reader's shop listens. */
  shop: string
  /** The folder of its files. */
  folder: string
  /**
   * Sets up a merchant of the reader's own, and makes the reader's shop as the start page says.
   * @returns the merchant's secret key.
   */
  makeShop(): Promise<string>
  /** Opens a bash in FinCore's folder, and pastes what every shell needs where the page asks for it. */
  openShell(page: Page): Promise<ShellSession>
  /** Does what a page says, or what `chosen` leaves of it. */
  follow(page: Page, shell: ShellSession, act?: Reader['act'], chosen?: (block: DocBlock) => boolean): Promise<void>
  close(): Promise<void>
}

/** A reader of the guides, with a home folder that is empty, and FinCore running. */
export async function openGuideWorld(): Promise<GuideWorld> {
  const world = await useWorld()
  const home = mkdtempSync(join(tmpdir(), 'fincore-reader-'))
  const port = await findFreePort()
  const env = {
    HOME: home,
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    FINCORE_DATA_DIR: join(home, 'fincore'),
    PORT: String(port),
    // npm looks for newer versions of itself, and tells of them.
    NO_UPDATE_NOTIFIER: '1',
    npm_config_offline: 'true',
  }
  const start = readBlocksOf('README')
  const openSession = () => openShellSession({ cwd: pathInRepository(''), env })
  const folder = join(home, 'my-shop')
  const run = (name: string, blocks: DocBlock[], shell: ShellSession, act?: Reader['act']) =>
    runBlocks(name, blocks.map(atFreePort), { shell, folder, ...(act && { act }) })
  return {
    world,
    shop: `http://127.0.0.1:${port}`,
    folder,
    async makeShop() {
      const key = await setUpMerchant(world, env.FINCORE_DATA_DIR)
      const shell = openSession()
      const once = start.filter(({ section }) => section === onceHeading)
      await run('README', once, shell).finally(() => shell.close())
      return key
    },
    async openShell({ text }) {
      const shell = openSession()
      if (!text.includes(`(README.md#${alwaysHeading.toLowerCase().replaceAll(' ', '-')})`)) return shell
      const always = start.filter(({ section }) => section === alwaysHeading)
      await run('README', always, shell)
      return shell
    },
    follow: ({ name, path, text }, shell, act, chosen = () => true) =>
      run(name, readBlocks(path, text).filter(chosen), shell, act),
    async close() {
      rmSync(home, { recursive: true, force: true })
      await world.close()
    },
  }

  function atFreePort(block: DocBlock): DocBlock {
    return block.language === 'sh'
      ? { ...block, text: block.text.replaceAll(shopOfTheGuides, `127.0.0.1:${port}`) }
      : block
  }
}

/** The blocks of the start page, or of another guide. */
function readBlocksOf(name: string): DocBlock[] {
  const guide = readGuides().find((one) => one.name === name)
  return readBlocks(guide?.path ?? name, guide?.text ?? '')
}

/**
 * A merchant that nobody else's tests look at, in a data directory with what `npm start` leaves there.
 * @returns its secret key.
 */
async function setUpMerchant({ fincore: { dev }, http }: World, dataDir: string): Promise<string> {
  // Nothing listens there: the first webhook endpoint is the demo shop's, and this merchant has none.
  const shop = 'http://127.0.0.1:9'
  const { merchant } = await bootstrapMerchant({
    client: http,
    secrets: { ...dev, operators: dev.operators as Secrets['operators'] },
    psp: sandbox,
    addresses: { ...dev, shop },
    clientFingerprint: dev.raw_card_grant.certificate_fingerprint,
    earlier: [],
    cardTesting: 'off',
    now: new Date(),
  })
  mkdirSync(dataDir)
  writeDevFile(dataDir, { ...dev, ...merchant, shop })
  writeDevEnvironment(dataDir, { ...dev, ...merchant, shop })
  return merchant.secret_key
}
