import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import tls from 'node:tls'

type Parse<Value> = (text: string) => Value | undefined
export type Config = Extract<ReturnType<typeof loadConfig>, { ok: true }>['config']

/** Reads and checks every setting, the files included, and reports all problems at once. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>) {
  const problems: string[] = []
  /** `parse` answers with undefined, or throws, when the text is not what is wanted. With a problem there is no config. */
  function read<Value>(name: string, wanted: string, parse: Parse<Value>, standard = ''): Value {
    let why = env[name] ? '' : ' (it is missing)'
    try {
      const value = parse(env[name] || standard)
      if (value !== undefined) return value
    } catch (error) {
      // The message may quote the setting or the file; the code is a word.
      why ||= ` (${(error as NodeJS.ErrnoException).code})`
    }
    problems.push(`${name} must be ${wanted}${why}.`)
    return undefined as Value
  }

  const source = read('RELAY_CERTIFICATE_SOURCE', '`handshake` or `header`', match(/^(handshake|header)$/), 'handshake')
  if (source !== 'header' && env.RELAY_TRUSTED_PROXIES) problems.push('RELAY_TRUSTED_PROXIES is only for `header`.')
  const readProxies = () => read('RELAY_TRUSTED_PROXIES', 'address ranges, such as `10.0.0.0/24`', readRanges)
  const readCertificate = readPem((pem) => new X509Certificate(pem))
  /** Where nobody can mount a file, as on AWS Fargate, the text itself is given. */
  const textOrFile = (name: string) => (env[name] ? name : `${name}_FILE`)
  const tlsCert = read(textOrFile('RELAY_TLS_CERT'), 'a certificate, or a file with one, in PEM', readCertificate)
  const readKey = readPem((key) => tls.createSecureContext({ key, cert: tlsCert }))
  const authority = 'a PEM file with the certificate of an authority'
  const config = {
    host: env.RELAY_HOST || '127.0.0.1',
    port: Number(read('RELAY_PORT', 'a port number from 0 to 65535 (0 takes a free one)', readPort, '4001')),
    /** PEM texts. */
    tlsCert,
    tlsKey: read(textOrFile('RELAY_TLS_KEY'), 'the key of that certificate, or a file with it, in PEM', readKey),
    /** PEM of the authority of merchants' certificates; undefined when the load balancer checks them. */
    clientCa: source === 'header' ? undefined : read('RELAY_CLIENT_CA_FILE', authority, readCertificate),
    /** The load balancer's addresses, where it ends TLS and checks certificates; undefined where the relay does. */
    trustedProxies: source === 'header' ? readProxies() : undefined,
    /** These two without a slash at their ends. */
    paymentServiceUrl: read('RELAY_PAYMENT_SERVICE_URL', 'an http address', match(/^http:\/\/[^\s/]+(?=\/?$)/)),
    docsUrl: read('RELAY_DOCS_URL', 'an http or https address', match(/^https?:\/\/\S+?(?=\/*$)/)),
    internalToken: read('RELAY_INTERNAL_TOKEN', '32 to 512 printable characters', match(/^[\x21-\x7e]{32,512}$/)),
    pspOrigins: read('RELAY_PSP_ORIGINS', 'https origins, such as `https://api.psp.example`', readOrigins),
    /** PEM of the only authorities trusted for PSPs; undefined for those that come with Node. */
    pspCa: env.RELAY_PSP_CA_FILE ? read('RELAY_PSP_CA_FILE', authority, readCertificate) : undefined,
  }
  return problems.length === 0 ? { ok: true as const, config } : { ok: false as const, problems }
}

const match = (pattern: RegExp) => (text: string) => pattern.exec(text)?.[0]

/** Reads PEM that `check` does not throw at: of the file, or the text itself. */
const readPem = (check: (pem: string) => unknown) => (text: string) => {
  const pem = text.startsWith('-----BEGIN ') ? text : readFileSync(text, 'utf8')
  return check(pem) ? pem : undefined
}

const readPort = (text: string) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? text : undefined)

/** Throws at what is no address or no number of bits. All addresses at once are nobody's load balancer. */
function readRanges(text: string): BlockList | undefined {
  const list = new BlockList()
  for (const range of text.split(',')) {
    const [address = '', prefix] = range.trim().split('/')
    const isV6 = isIP(address) === 6
    const bits = Number(prefix ?? (isV6 ? 128 : 32))
    if (bits === 0) return undefined
    list.addSubnet(address, bits, isV6 ? 'ipv6' : 'ipv4')
  }
  return list
}

function readOrigins(text: string): string[] | undefined {
  const origins = text.split(',').map((origin) => origin.trim())
  const isGood = (origin: string) => origin.startsWith('https://') && URL.parse(origin)?.origin === origin
  return origins.every(isGood) ? origins : undefined
}
