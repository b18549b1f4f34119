/** `npm run check`: every script of package.json whose name begins with `check:`, side by side, each with its output whole. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { pathInRepository } from './managed-process.ts'

type Finished = { name: string; code: number; output: string }

function run(name: string): Promise<Finished> {
  const child = spawn('npm', ['run', '--silent', name], {
    cwd: pathInRepository(''),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.stdout.isTTY ? { FORCE_COLOR: '1', ...process.env } : process.env,
  })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((done) => {
    const finish = (code: number, more = '') => done({ name, code, output: Buffer.concat(chunks).toString() + more })
    child.once('error', (error) => finish(1, error.message))
    child.once('close', (code) => finish(code ?? 1))
  })
}

const { scripts } = JSON.parse(readFileSync(pathInRepository('package.json'), 'utf8')) as { scripts: object }
const names = Object.keys(scripts).filter((name) => name.startsWith('check:'))
const failed: string[] = []
await Promise.all(
  names.map(async (name) => {
    const { code, output } = await run(name)
    console.log(`${code === 0 ? '✔' : '✖'} ${name}\n${output.trim().replaceAll(/^/gm, '  ')}`)
    if (code !== 0) failed.push(name)
  }),
)
if (failed.length > 0) console.error(`Failed: ${failed.join(', ')}. Run one by itself with npm run ${failed[0]}.`)
process.exitCode = failed.length === 0 ? 0 : 1
