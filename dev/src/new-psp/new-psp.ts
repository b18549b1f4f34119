/** `npm run new-psp NAME`: the folder of a new PSP's adapter, which fails conformance until it is finished. */
import { execFileSync } from 'node:child_process'
import { pathInRepository } from '../managed-process.ts'
import { makePsp } from './make-psp.ts'

try {
  const name = process.argv[2] ?? ''
  const written = makePsp(pathInRepository(''), name)
  // Imports and line breaks depend on the name.
  const biome = pathInRepository('node_modules/@biomejs/biome/bin/biome')
  execFileSync(process.execPath, [biome, 'check', '--write', '--log-level=error', ...written], {
    cwd: pathInRepository(''),
    stdio: 'inherit',
  })
  console.log(`Written:\n${written.map((path) => `  ${path}`).join('\n')}\n`)
  console.log(`Now follow docs/adding-a-psp.md. What is next, this always says:`)
  console.log(`  npx node --test payment-service/src/psp-gateway/${name}/${name}.test.ts`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
