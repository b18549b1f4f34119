import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { launcherCommands, withoutNpm } from './launcher-commands.ts'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

// All three flows, the server-to-server one through the card relay, with the PSP's strict stand-in as the judge.
for (const command of [launcherCommands.demoWithStripe, launcherCommands.demoWithAdyen]) {
  test(`${command} tells the same story, and exits 0`, async () => {
    const [program, ...args] = withoutNpm(command)
    const { stdout } = await run(program, args, {
      cwd: repository,
      maxBuffer: 1 << 24,
    })
    for (const flow of ['✔ Hosted page', '✔ Browser SDK', '✔ Server to server'])
      assert.ok(stdout.includes(flow), stdout)
    assert.match(stdout, /psp-stand-in-\w+ at /)
    assert.equal(stdout.includes('differs'), false, stdout)
  })
}

test('a PSP that does not run here is refused in one line', async () => {
  const started = run(process.execPath, ['dev/run.mjs', 'start', '--psp', 'acmepay'], { cwd: repository })
  await assert.rejects(started, {
    code: 1,
    stderr: 'There is no PSP "acmepay" here: choose --psp sandbox, stripe, adyen.\n',
  })
})
