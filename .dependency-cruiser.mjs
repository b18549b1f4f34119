/**
 * Which part may import which. `node dev/src/check-boundaries.ts` checks it, as part of `npm test`.
 * Tests may reach further than the code they test.
 */
const tests = '(\\.test\\.ts$|/testing/)'
const services = '^(payment-service|card-relay|psp-sandbox|demo-shop)/'

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'payments-are-pure',
      comment: 'payments/ decides and does no I/O: it imports itself, the contract, node:assert and the money library.',
      severity: 'error',
      from: { path: '^payment-service/src/payments/', pathNot: tests },
      to: {
        pathNot: [
          '^payment-service/src/payments/',
          '^payment-service/src/psp-gateway/port\\.ts$',
          '^api-contract/',
          '^(node:)?assert(/strict)?$',
          'node_modules/dinero\\.js/',
        ],
      },
    },
    {
      name: 'payments-take-only-types-of-the-port',
      comment: 'The port gives payments/ the words for what a PSP answered, and nothing that runs.',
      severity: 'error',
      from: { path: '^payment-service/src/payments/', pathNot: tests },
      to: { path: '^payment-service/src/psp-gateway/port\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'relay-imports-node-only',
      comment: 'The card relay is read by an assessor in an hour: no third-party package, nothing of the other parts.',
      severity: 'error',
      from: { path: '^card-relay/src/', pathNot: tests },
      to: { pathNot: ['^card-relay/src/', '^api-contract/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'relay-takes-only-types',
      comment: 'From the contract the card relay takes types, which are gone when it runs.',
      severity: 'error',
      from: { path: '^card-relay/src/', pathNot: tests },
      to: { path: '^api-contract/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-imports-http',
      comment:
        'The public API is an edge, which only the entry wires: what others need of it belongs elsewhere. The evidence describes it.',
      severity: 'error',
      from: {
        pathNot: ['^payment-service/src/(http/|(main|payment-service)\\.ts$)', '^(end-to-end|dev/src/pci)/', tests],
      },
      to: { path: '^payment-service/src/http/' },
    },
    {
      name: 'doors-and-jobs-lie-above-flows',
      comment: 'What makes a call or a round imports what is called, and never the other way round.',
      severity: 'error',
      from: { path: '^payment-service/src/(flows|store|payments|psp-gateway)/', pathNot: tests },
      to: { path: '^payment-service/src/(webhooks|admin|jobs|card-door|reconciliation)/' },
    },
    {
      name: 'nothing-imports-the-cli',
      comment: 'The command line lies above all: it calls, and the service that it calls knows nothing of it.',
      severity: 'error',
      from: { pathNot: ['^payment-service/src/(cli/|cli\\.ts$)', '^(dev|end-to-end)/', tests] },
      to: { path: '^payment-service/src/cli(/|\\.ts$)' },
    },
    {
      name: 'services-stay-apart',
      comment: 'The processes meet over HTTP and share only the contract.',
      severity: 'error',
      from: { path: `${services}src/`, pathNot: tests },
      to: { path: [services, '^(dev|end-to-end)/'], pathNot: '^$1/' },
    },
    {
      name: 'stand-ins-are-for-tests',
      comment:
        "No program of FinCore imports a stand-in of a PSP, nor a PSP's SDK; tests, dev and end-to-end may. Types are gone when it runs.",
      severity: 'error',
      from: { pathNot: ['^(psp-stand-ins|dev|end-to-end)/', tests] },
      to: { path: ['^psp-stand-ins/', 'node_modules/(stripe|@adyen)/'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'stand-ins-import-no-service',
      comment: 'A stand-in is the other side: it shares the contract with FinCore, and nothing else.',
      severity: 'error',
      from: { path: '^psp-stand-ins/', pathNot: tests },
      to: { path: '^(payment-service|card-relay|psp-sandbox|demo-shop|dev|end-to-end|simulation)/' },
    },
    {
      name: 'workspaces-by-package-name',
      comment: 'A relative path into another workspace goes around its package.json.',
      severity: 'error',
      from: { path: '^([^/]+)/' },
      to: { pathNot: '^$1/', dependencyTypes: ['local'], dependencyTypesNot: ['aliased-workspace'] },
    },
    {
      name: 'browser-sdk-imports-nothing',
      comment: '@fincore/browser is one small script without dependencies; build.ts and served.ts run on a server.',
      severity: 'error',
      from: { path: '^browser-sdk/src/', pathNot: [tests, '^browser-sdk/src/(build|served).ts$'].flat() },
      to: { pathNot: '^browser-sdk/src/' },
    },
    {
      name: 'node-sdk-imports-node-only',
      comment: '@fincore/node has no dependency: what a merchant installs is what this folder holds.',
      severity: 'error',
      from: { path: '^node-sdk/src/', pathNot: tests },
      to: { pathNot: '^node-sdk/src/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'opentelemetry-behind-one-file',
      comment:
        'Tracing that is off loads nothing: the packages stand behind one file, which is imported when it is on.',
      severity: 'error',
      from: { pathNot: '^payment-service/src/observability/export-spans\\.ts$' },
      to: { path: 'node_modules/@opentelemetry/' },
    },
    {
      name: 'opentelemetry-when-it-is-on',
      comment: 'That file is imported by `import()` alone.',
      severity: 'error',
      from: { pathNot: tests },
      to: { path: '^payment-service/src/observability/export-spans\\.ts$', dynamic: false },
    },
    {
      name: 'no-circles',
      comment: 'Files that import one another in a circle cannot be read one at a time. A type alone makes no circle.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that is not found would hide from every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // What packages ship in a folder of this name is a dependency like any other.
    exclude: { path: ['^[a-z-]+/dist/', '^\\.fincore/', '^browser-sdk/served/'] },
    // Type-only imports count too: what a type leaks is a dependency for the reader.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json', '.d.ts'],
    },
  },
}
