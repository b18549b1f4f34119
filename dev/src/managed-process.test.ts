import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Exit, type ProcessPlan, startManagedProcess } from './managed-process.ts'

const wellBehaved = `
  import { createServer } from 'node:http'
  const server = createServer().listen(Number(process.env.PORT), '127.0.0.1', () => {
    console.log('{"level":"info"}')
    console.log('listening ' + JSON.stringify({ port: String(server.address().port) }))
  })
  process.on('SIGTERM', () => process.exit(0))`

function plan(test: { after(clean: () => void): void }, main: string): ProcessPlan {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-process-test-'))
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'main.mjs'), main)
  return { name: 'sample', main: join(folder, 'main.mjs'), env: { PORT: '0' }, logFile: join(folder, 'sample.log') }
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

test('a process is ready once it listens, can be killed and started again, and stops when asked', async (t) => {
  const unexpected: string[] = []
  const started = await startManagedProcess(plan(t, wellBehaved), (name) => unexpected.push(name))
  const first = started.pid
  assert.ok(Number(started.listening.port) > 0)
  assert.deepEqual(await started.kill(), { code: null, signal: 'SIGKILL' } satisfies Exit)
  await started.restart()
  assert.notEqual(started.pid, first)
  assert.deepEqual(await started.stop(), { code: 0, signal: null } satisfies Exit)
  assert.deepEqual(unexpected, [])
  assert.match(readFileSync(started.logFile, 'utf8'), /"level":"info"/)
})

test('a process that ends by itself is told of', async (t) => {
  const told = Promise.withResolvers<[string, Exit]>()
  const started = await startManagedProcess(plan(t, wellBehaved), (...what) => told.resolve(what))
  process.kill(started.pid, 'SIGKILL')
  assert.deepEqual(await told.promise, ['sample', { code: null, signal: 'SIGKILL' }])
})

test('a process that fails while it starts is refused with its own words', async (t) => {
  const failing = `console.error('DATABASE_URL is missing'); process.exitCode = 1`
  await assert.rejects(
    startManagedProcess(plan(t, failing), () => undefined),
    /^Error: sample stopped while it started: DATABASE_URL is missing/,
  )
})

test('kill -9 of the launcher ends its processes', async (t) => {
  const launcher = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { startManagedProcess } = await import(${JSON.stringify(new URL('./managed-process.ts', import.meta.url).href)})
       const started = await startManagedProcess(${JSON.stringify(plan(t, wellBehaved))}, () => {})
       console.log(started.pid)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let pid = 0
  for await (const line of createInterface(launcher.stdout)) {
    pid = Number(line)
    break
  }
  assert.ok(isRunning(pid))
  launcher.kill('SIGKILL')
  for (let waited = 0; isRunning(pid) && waited < 5_000; waited += 20) await sleep(20)
  assert.ok(!isRunning(pid))
})
