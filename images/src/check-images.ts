/** `npm run check:images`: the Dockerfiles and the compose file, by a linter of each and by our own rules. */
import { globSync, readFileSync } from 'node:fs'
import { pathInRepository } from '@fincore/dev/managed-process'
import { composeRules, lintCompose } from './compose-rules.ts'
import { dockerfileRules, lintDockerfile } from './dockerfile-rules.ts'

const dockerfiles = globSync('images/*.Dockerfile', { cwd: pathInRepository('') }).sort()
const findings = [
  ...dockerfiles.flatMap((file) =>
    lintDockerfile(readFileSync(pathInRepository(file), 'utf8')).map((finding) => ({ file, ...finding })),
  ),
  ...lintCompose(pathInRepository('compose.yaml')).map((finding) => ({ file: 'compose.yaml', ...finding })),
]
for (const { file, line, rule, text } of findings) console.error(`${file}:${line} ${rule}: ${text}`)
const rules = dockerfileRules.length + composeRules.length
console.log(
  `Images: ${dockerfiles.length} Dockerfiles and compose.yaml, ${rules} rules of our own, ${findings.length} findings.`,
)
process.exitCode = findings.length === 0 && dockerfiles.length > 0 ? 0 : 1
