// Plain JavaScript, so that an older Node can read it and say what is wrong: `node dev/run.mjs start`.
const oldestMajor = 24
const programs = ['start', 'demo']

if (Number.parseInt(process.versions.node, 10) < oldestMajor) {
  console.error(
    `FinCore needs Node ${oldestMajor}, and this is Node ${process.versions.node}. ` +
      'On Linux x64 run `npm ci`, which brings it along, and then `npm start`; elsewhere install Node 24 from https://nodejs.org.',
  )
  process.exit(1)
}
const program = process.argv[2] ?? ''
if (!programs.includes(program)) {
  console.error(`Say what to run: ${programs.join(' or ')}.`)
  process.exit(1)
}
await import(`./src/${program}.ts`)
