import 'reflect-metadata'
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as x509 from '@peculiar/x509'

/** A certificate and its private key as PEM; `fingerprint` is the SHA-256 of the DER in lowercase hex. */
export type IssuedCertificate = { certificate: string; key: string; fingerprint: string }

export type CertificateAuthority = IssuedCertificate

export type CertificateRequest = {
  kind: 'server' | 'client'
  commonName: string
  /** Default: one year from now. */
  notAfter?: Date
  /** Default: five minutes ago, so that a clock that is a little behind accepts it. */
  notBefore?: Date
  /** Where the authority's list of revoked certificates is (RFC 5280, 4.2.1.13). Default: it says nothing of one. */
  crlUrl?: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 24 * 60 * 60 * 1000
const authorityLifeMs = 5 * 365 * dayMs
const certificateLifeMs = 365 * dayMs
const renewBeforeMs = 30 * dayMs
const clockSlackMs = 5 * 60 * 1000

/** Every name under which a process of one machine reaches another. */
const loopbackNames: x509.JsonGeneralNames = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
]

/** A certificate authority for development and tests. */
export async function createCertificateAuthority(commonName = 'FinCore development CA'): Promise<CertificateAuthority> {
  const keys = await createKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: randomBytes(16).toString('hex'),
      name: [{ CN: [commonName] }],
      notBefore: new Date(Date.now() - clockSlackMs),
      notAfter: new Date(Date.now() + authorityLifeMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  )
  return exportPair(certificate, keys.privateKey)
}

/** Issues a server's certificate for loopback names, or a client's. */
export async function issueCertificate(
  authority: CertificateAuthority,
  request: CertificateRequest,
): Promise<IssuedCertificate> {
  const issuer = new x509.X509Certificate(authority.certificate)
  const keys = await createKeys()
  const usage = request.kind === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: randomBytes(16).toString('hex'),
      subject: [{ CN: [request.commonName] }],
      issuer: issuer.subject,
      notBefore: request.notBefore ?? new Date(Date.now() - clockSlackMs),
      notAfter: request.notAfter ?? new Date(Date.now() + certificateLifeMs),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: await readSigningKey(authority),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(issuer),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        ...(request.kind === 'server' ? [new x509.SubjectAlternativeNameExtension(loopbackNames)] : []),
        ...(request.crlUrl === undefined ? [] : [new x509.CRLDistributionPointsExtension([request.crlUrl])]),
      ],
    },
    webcrypto,
  )
  return exportPair(certificate, keys.privateKey)
}

/** The authority's list of revoked certificates, as DER: none is, and that holds for a day. */
export async function createRevocationList(authority: CertificateAuthority): Promise<Buffer> {
  const list = await x509.X509CrlGenerator.create(
    {
      issuer: new x509.X509Certificate(authority.certificate).subject,
      thisUpdate: new Date(Date.now() - clockSlackMs),
      nextUpdate: new Date(Date.now() + dayMs),
      signingAlgorithm: algorithm,
      signingKey: await readSigningKey(authority),
    },
    webcrypto,
  )
  return Buffer.from(list.rawData)
}

function readSigningKey(authority: CertificateAuthority): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(authority.key), algorithm, false, ['sign'])
}

async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
}

async function exportPair(
  certificate: x509.X509Certificate,
  privateKey: webcrypto.CryptoKey,
): Promise<IssuedCertificate> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', privateKey)
  return {
    certificate: `${certificate.toString('pem').trim()}\n`,
    key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY').trim()}\n`,
    fingerprint: fingerprintOf(certificate.toString('pem')),
  }
}

/** The SHA-256 of a PEM certificate's DER in lowercase hex, as the raw-card grant lists it. */
export function fingerprintOf(certificatePem: string): string {
  return new X509Certificate(certificatePem).fingerprint256.replaceAll(':', '').toLowerCase()
}

/** The development certificates as absolute paths, and the client's fingerprint. */
export type DevelopmentCertificates = {
  ca: string
  serverCert: string
  serverKey: string
  clientCert: string
  clientKey: string
  clientFingerprint: string
}

/**
 * Makes what is missing below `folder`, and renews what ends within 30 days; keys are readable by their owner only.
 * A new authority renews everything, because nothing of the old one would be trusted.
 */
export async function ensureDevelopmentCertificates(
  folder: string,
  now = new Date(),
): Promise<DevelopmentCertificates> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const kept = readPair(folder, 'ca', now)
  const authority = kept ?? (await createCertificateAuthority())
  if (!kept) writePair(folder, 'ca', authority)
  const ensure = async (name: string, request: CertificateRequest) => {
    const found = kept ? readPair(folder, name, now) : undefined
    if (found) return found
    const issued = await issueCertificate(authority, request)
    writePair(folder, name, issued)
    return issued
  }
  await ensure('server', { kind: 'server', commonName: 'localhost' })
  const client = await ensure('client', { kind: 'client', commonName: 'FinCore development merchant' })
  return {
    ca: pathsOf(folder, 'ca').certificate,
    serverCert: pathsOf(folder, 'server').certificate,
    serverKey: pathsOf(folder, 'server').key,
    clientCert: pathsOf(folder, 'client').certificate,
    clientKey: pathsOf(folder, 'client').key,
    clientFingerprint: client.fingerprint,
  }
}

/** The authority whose certificate `ensureDevelopmentCertificates` has written to this file; its key lies beside it. */
export function readAuthority(ca: string): CertificateAuthority {
  const certificate = readFileSync(ca, 'utf8')
  const key = readFileSync(pathsOf(dirname(ca), 'ca').key, 'utf8')
  return { certificate, key, fingerprint: fingerprintOf(certificate) }
}

function pathsOf(folder: string, name: string): { certificate: string; key: string } {
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
}

function readPair(folder: string, name: string, now: Date): IssuedCertificate | undefined {
  const paths = pathsOf(folder, name)
  if (!existsSync(paths.certificate) || !existsSync(paths.key)) return undefined
  const certificate = readFileSync(paths.certificate, 'utf8')
  const endsAt = new X509Certificate(certificate).validToDate.getTime()
  if (endsAt - now.getTime() < renewBeforeMs) return undefined
  return { certificate, key: readFileSync(paths.key, 'utf8'), fingerprint: fingerprintOf(certificate) }
}

function writePair(folder: string, name: string, pair: IssuedCertificate): void {
  const paths = pathsOf(folder, name)
  writeFileSync(paths.key, pair.key, { mode: 0o600 })
  writeFileSync(paths.certificate, pair.certificate, { mode: 0o644 })
}
