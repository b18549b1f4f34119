import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { runOnTerminal } from './testing/fake-terminal.ts'

const writeFor = async (shell: string) => (await runOnTerminal(['completion', shell], { env: {} })).out

/** What each shell has to check a script without running it, where it is installed. */
const checks = { bash: ['-n'], zsh: ['-n'], fish: ['--no-execute'] }

test('bash completes commands, options and their words, after options too', async () => {
  const asked = [
    ['', 'login profile merchants'],
    ['psp ""', 'add list check'],
    ['--json keys create --k', '--kind --key-file'],
    ['keys create --kind ""', 'secret publishable'],
    ['charges list --status cap', 'captured'],
  ]
  const ask = asked.map(([words]) => `complete_words fincore ${words === '' ? '""' : words}`).join('\n')
  const harness = `complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _fincore; echo "\${COMPREPLY[*]}"; }`
  const script = `${await writeFor('bash')}\n${harness}\n${ask}\n`
  const answers = execFileSync('bash', { input: script, encoding: 'utf8' }).trimEnd().split('\n')
  assert.deepEqual(
    answers.map((answer, index) => answer.startsWith(asked[index]?.[1] ?? '?')),
    asked.map(() => true),
    answers.join('\n'),
  )
})

for (const [shell, flags] of Object.entries(checks))
  test(`the script for ${shell} names every command, and is one, as far as a ${shell} is here to say`, async (t) => {
    const script = await writeFor(shell)
    for (const word of ['raw-card', 'confirm-raw-cards', 'forward-to']) assert.ok(script.includes(word))
    try {
      execFileSync(shell, flags, { input: script, stdio: ['pipe', 'ignore', 'pipe'] })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
      t.diagnostic(`${shell} is not installed here`)
    }
  })
