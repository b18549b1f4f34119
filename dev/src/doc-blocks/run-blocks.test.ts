import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { readBlocks } from './read-blocks.ts'
import { runBlocks } from './run-blocks.ts'
import { openShellSession } from './shell-session.ts'

const refusal = `printf '%s\\n' '{"code": "parameter_invalid", "request_id": "req_1"}'`

describe('the blocks of a page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-blocks-'))
  writeFileSync(join(folder, '.env'), 'PRICE=1990\n')
  after(() => rmSync(folder, { recursive: true }))

  async function run(...blocks: [language: string, ...lines: string[]][]): Promise<string> {
    const markdown = blocks.map(([language, ...lines]) => `\`\`\`${language}\n${lines.join('\n')}\n\`\`\`\n`).join('\n')
    const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` }
    const shell = openShellSession({ cwd: folder, env })
    try {
      await runBlocks('page', readBlocks('page.md', markdown), { shell, folder })
      return shell.printed()
    } finally {
      shell.close()
    }
  }

  it('run from top to bottom: what one sets, the next one finds, and an answer is compared with what is shown', async () => {
    await run(
      ['sh', 'id=ch_1'],
      ['sh', 'printf \'{"id": "%s", "amount": 5, "card": {"last4": "4242"}}\\n\' "$id"'],
      ['json', '{"id": "ch_…", "card": {"last4": "4242"}}'],
      ['js', '// shop.mjs', 'console.log(1)'],
      ['js', "import { writeFileSync } from 'node:fs'", 'const price = process.env.PRICE'],
      ['js', "writeFileSync('price', price)", 'setInterval(() => 0, 1000)'],
    )
    assert.equal(readFileSync(join(folder, 'shop.mjs'), 'utf8'), '// shop.mjs\nconsole.log(1)\n')
    assert.equal(readFileSync(join(folder, 'price'), 'utf8'), '1990')
  })

  it('may print right behind one another, as a shop does that runs on in the background', async () => {
    await run(['sh', '(for i in {1..3000}; do echo Deliver; done) &'], ['sh', 'true'], ['sh', 'true'], ['sh', 'wait'])
  })

  const wrong: Record<string, { blocks: Parameters<typeof run>; says: RegExp }> = {
    'a command that fails': { blocks: [['sh', 'false | true']], says: /page\.md:1: This failed/ },
    'a variable that nobody has set': { blocks: [['sh', 'echo "$nobody"']], says: /unbound variable/ },
    'a refusal that is not shown': { blocks: [['sh', refusal]], says: /page\.md:1: refused/ },
    'an answer that is another': {
      blocks: [
        ['sh', 'echo \'{"status": "failed"}\''],
        ['json', '{"status": "captured"}'],
      ],
      says: /page\.md:5: status is shown as "captured", and is "failed"/,
    },
    'an answer to nothing': { blocks: [['json', '{}']], says: /no answer just before it/ },
    'a program that throws': { blocks: [['js', "throw new Error('Out of mugs')"]], says: /Out of mugs/ },
    'a block that nothing runs': { blocks: [['ruby', 'puts 1']], says: /page\.md:1: nothing runs/ },
    'a block of no kind': { blocks: [['', 'anything']], says: /nothing runs/ },
  }
  for (const [what, { blocks, says }] of Object.entries(wrong))
    it(`fail on ${what}`, () => assert.rejects(run(...blocks), (error: Error) => says.test(error.message)))

  it('are taken out of lists, and one that is not closed is an error', () => {
    const [block] = readBlocks('page.md', '# One\n\n- so:\n\n  ```sh\n  a\n    b\n  ```\n')
    assert.deepEqual(block, { at: 'page.md:5', section: 'One', language: 'sh', text: 'a\n  b\n' })
    assert.throws(() => readBlocks('page.md', '```sh\na\n'), /page\.md:1: the block is not closed/)
  })
})
