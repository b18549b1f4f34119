import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { DevFile } from '@fincore/dev/dev-file'
import { launcherCommands, withNpm, withoutNpm } from './launcher-commands.ts'
import { eventually } from './world.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

type Started = { child: ChildProcess; output: () => string; exited: Promise<number | null> }

describe('npm start', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-start-'))
  const running: Started[] = []
  let base = 0
  after(async () => {
    for (const { child, exited } of running) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await exited
    }
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('is ready within 30 s, and its printed curl lines work as pasted', async () => {
    // A base whose neighbours are most likely free too; the launcher itself says when one is not.
    base = await findFreeBase()
    const started = await startAndWait()
    const lines = started
      .output()
      .split('\n')
      .filter((line) => line.startsWith('curl '))
    assert.equal(lines.length, 3)
    const answers = await Promise.all(lines.map(async (line) => JSON.parse((await run('bash', ['-c', line])).stdout)))
    assert.deepEqual(
      answers.map((answer) => [answer.object, answer.status]),
      [
        ['payment_session', 'open'],
        ['charge', 'captured'],
        ['charge', 'captured'],
      ],
    )
    const page = await fetch(readDev().shop)
    assert.equal(page.status, 200)
  })

  it('writes dev.json with all that a merchant and a test need', () => {
    const dev = readDev()
    for (const name of ['api', 'relay', 'admin', 'psp', 'psp_api', 'shop'] as const)
      assert.match(dev[name], /^https?:\/\/127\.0\.0\.1:\d+$/)
    for (const name of ['ca', 'client_cert', 'client_key'] as const)
      assert.match(readFileSync(dev[name], 'utf8'), /^-----BEGIN/)
    assert.match(dev.secret_key, /^sk_test_/)
    assert.match(dev.publishable_key, /^pk_test_/)
    assert.match(dev.webhook_secret, /^whsec_/)
    assert.equal(dev.operators.length, 2)
    assert.match(dev.database_url, /^postgres/)
  })

  it('says in one line that the data directory is taken, and which port is', async () => {
    const second = start({}, withoutNpm(launcherCommands.start))
    assert.equal(await second.exited, 1)
    assert.match(second.output(), /data directory/i)
    const other = mkdtempSync(join(tmpdir(), 'fincore-start-'))
    const third = start({ FINCORE_DATA_DIR: other }, withoutNpm(launcherCommands.start))
    assert.equal(await third.exited, 1)
    assert.match(third.output(), new RegExp(`Port ${base}\\b.*taken`))
    rmSync(other, { recursive: true })
  })

  let first: { dev: DevFile; charges: string[] }

  it('leaves nothing running after kill -9', async () => {
    first = { dev: readDev(), charges: await listCharges(readDev()) }
    assert.equal(first.charges.length, 2)
    // The launcher itself, which npm has started; npm ends with it.
    const [launcher] = processesOf(dataDir).filter(
      (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === 'dev/run.mjs',
    )
    assert.ok(launcher)
    process.kill(Number(launcher), 'SIGKILL')
    await running[0]?.exited
    await assertNothingListens()
  })

  it('sets up another merchant at other ports', async () => {
    const moved = await startAndWait(await findFreeBase())
    assert.match(moved.output(), /Merchant mer_\w+ set up \(new, because the addresses changed\):/)
    assert.notEqual(readDev().merchant, first.dev.merchant)
    assert.deepEqual(await listCharges(readDev()), [])
  })

  it('stops everything on Ctrl-C', async () => {
    const last = running.at(-1)
    process.kill(-(last?.child.pid ?? 0), 'SIGINT')
    await last?.exited
    assert.match(last?.output() ?? '', /Everything is stopped/)
    await assertNothingListens()
  })

  it('finds the first merchant and its data again, also after kill -9, when it moves back', async () => {
    const back = await startAndWait()
    assert.match(back.output(), /Merchant mer_\w+ found again:/)
    assert.deepEqual([readDev().merchant, readDev().secret_key], [first.dev.merchant, first.dev.secret_key])
    assert.deepEqual(await listCharges(readDev()), first.charges)
  })

  it('tells the whole story by npm run demo, and exits 0', async () => {
    const [program, ...args] = withNpm(launcherCommands.demo)
    const { stdout } = await run(program, args, { cwd: repository, maxBuffer: 1 << 24 })
    for (const flow of ['Hosted page', 'Browser SDK', 'Server to server']) assert.ok(stdout.includes(flow), stdout)
    assert.equal(stdout.match(/signature/gi) === null, false)
    assert.equal(stdout.includes('differs'), false)
  })

  function start(env: Record<string, string> = {}, [program, ...args] = withNpm(launcherCommands.start)): Started {
    const child = spawn(program, args, {
      cwd: repository,
      env: { ...process.env, FINCORE_DATA_DIR: dataDir, FINCORE_PORT_BASE: String(base), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, as a terminal gives one: Ctrl-C reaches all of it.
      detached: true,
    })
    let output = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
    })
    child.stderr?.on('data', (chunk) => {
      output += chunk
    })
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
    return { child, output: () => output, exited }
  }

  async function startAndWait(at = base): Promise<Started> {
    const started = start({ FINCORE_PORT_BASE: String(at) })
    running.push(started)
    await eventually('FinCore to be ready', async () => {
      assert.equal(started.child.exitCode, null, started.output())
      return started.output().includes('Ctrl-C')
    })
    return started
  }

  function readDev(): DevFile {
    return JSON.parse(readFileSync(join(dataDir, 'dev.json'), 'utf8'))
  }

  async function listCharges(dev: DevFile): Promise<string[]> {
    const answer = await fetch(`${dev.api}/v1/charges`, { headers: { authorization: `Bearer ${dev.secret_key}` } })
    return ((await answer.json()) as { data: { id: string }[] }).data.map((charge) => charge.id)
  }

  async function assertNothingListens(): Promise<void> {
    const { api, relay, admin, psp, psp_api, shop, database_url } = readDev()
    const ports = [api, relay, admin, psp, psp_api, shop, database_url].map((url) => Number(new URL(url).port))
    await eventually('all ports to be free', async () => (await Promise.all(ports.map(isFree))).every(Boolean), 12_000)
    // And no process of it is left, listening or not: each of them has the data directory in its environment.
    await eventually('all processes to be gone', async () => processesOf(dataDir).length === 0, 12_000)
  }
})

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', () => resolve(true))
  })
}

/** The processes whose command line or environment names a directory (Linux). */
function processesOf(directory: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return false
    try {
      return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${entry}/${file}`, 'utf8').includes(directory))
    } catch {
      return false
    }
  })
}

/**
 * A free port whose neighbours up to 500 above, which the launcher takes some of, look free too. Below all that
 * `findFreePort` gives out: the many ports of other tests would meet one of them now and then.
 */
async function findFreeBase(): Promise<number> {
  for (;;) {
    const candidate = randomInt(4_500, 9_500)
    const offsets = [0, 1, 2, 3, 200, 201, 300, 432]
    if ((await Promise.all(offsets.map((offset) => canListen(candidate + offset)))).every(Boolean)) return candidate
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
