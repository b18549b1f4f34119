/** A way to write an address so that it does not look like where it leads. */
export type AddressTrick = {
  /** `{port}` stands for any port. */
  url: string
  leadsTo: string
  /**
   * What the DNS answers for the name, first when the endpoint is set, then when an event is sent. Without it the
   * spelling is refused by itself, and nobody is asked.
   */
  dns?: { atSetting: readonly string[]; atSending: readonly string[]; through?: 'CNAME' }
  /** The public server, which is reached, answers with this, and `leadsTo` as the place to go to. */
  redirect?: 301 | 302 | 303 | 307 | 308
}

const publicAddress = '93.184.216.34'
const always = (...addresses: string[]) => ({ atSetting: addresses, atSending: addresses })
const rebound = (...addresses: string[]) => ({ atSetting: [publicAddress], atSending: addresses })

const loopback = '127.0.0.1'
const metadata = '169.254.169.254'

/**
 * Every trick that is known here, in groups. `docs/webhook-addresses.md` is made from it, and a test runs each: against
 * the check of an endpoint's address, and against the sender, beside a server on loopback that must not be reached.
 */
export const addressTricks: Readonly<Record<string, readonly AddressTrick[]>> = {
  Plain: [
    { url: 'https://127.0.0.1:{port}/', leadsTo: loopback },
    { url: 'https://127.255.255.254:{port}/', leadsTo: 'another address of loopback' },
    { url: 'https://0.0.0.0:{port}/', leadsTo: 'this machine, on Linux' },
    { url: 'https://10.0.0.1:{port}/', leadsTo: 'a private network' },
    { url: 'https://172.31.255.255:{port}/', leadsTo: 'a private network' },
    { url: 'https://192.168.0.1:{port}/', leadsTo: 'a private network' },
    { url: 'https://169.254.169.254/latest/meta-data/', leadsTo: 'the metadata service of most clouds' },
    { url: 'https://169.254.170.2/v2/credentials', leadsTo: 'the credentials of an AWS container' },
    { url: 'https://168.63.129.16/', leadsTo: 'Azure’s wire server' },
    { url: 'https://100.100.100.200/', leadsTo: 'Alibaba’s metadata service' },
    { url: 'https://192.0.0.192/', leadsTo: 'Oracle’s metadata service' },
    { url: 'https://255.255.255.255/', leadsTo: 'broadcast' },
    { url: 'https://224.0.0.1/', leadsTo: 'multicast' },
    { url: 'https://198.18.0.1/', leadsTo: 'a network for benchmarks' },
  ],
  'Numbers written otherwise': [
    { url: 'https://2130706433:{port}/', leadsTo: loopback },
    { url: 'https://3232235521:{port}/', leadsTo: '192.168.0.1' },
    { url: 'https://2852039166/', leadsTo: metadata },
    { url: 'https://017700000001:{port}/', leadsTo: loopback },
    { url: 'https://0x7f000001:{port}/', leadsTo: loopback },
    { url: 'https://0X7F000001:{port}/', leadsTo: loopback },
    { url: 'https://0xa9fea9fe/', leadsTo: metadata },
    { url: 'https://0177.0.0.1:{port}/', leadsTo: loopback },
    { url: 'https://0000000177.0000.00.01:{port}/', leadsTo: loopback },
    { url: 'https://012.0.0.1:{port}/', leadsTo: '10.0.0.1' },
    { url: 'https://0x7f.0x0.0x0.0x1:{port}/', leadsTo: loopback },
    { url: 'https://0x7f.0.0.01:{port}/', leadsTo: `${loopback}, in three bases` },
    { url: 'https://0xa9.254.0251.254/', leadsTo: metadata },
    { url: 'https://127.1:{port}/', leadsTo: loopback },
    { url: 'https://127.0.1:{port}/', leadsTo: loopback },
    { url: 'https://0x7f.1:{port}/', leadsTo: loopback },
    { url: 'https://10.1:{port}/', leadsTo: '10.0.0.1' },
    { url: 'https://192.168.257:{port}/', leadsTo: '192.168.1.1' },
    { url: 'https://0:{port}/', leadsTo: '0.0.0.0' },
    { url: 'https://0x:{port}/', leadsTo: '0.0.0.0' },
    { url: 'https://4294967296:{port}/', leadsTo: '0.0.0.0 in programs that drop the 33rd bit' },
    { url: 'https://383.0.0.1:{port}/', leadsTo: '127.0.0.1 in programs that drop the ninth bit' },
    { url: 'https://127.0.0.1.:{port}/', leadsTo: `${loopback}, with a dot at its end` },
    { url: 'https://127.0.0.1..:{port}/', leadsTo: 'loopback, where dots at the end are cut' },
  ],
  'Characters that become others': [
    { url: 'https://１２７.0.0.1:{port}/', leadsTo: `${loopback}, in full-width digits` },
    { url: 'https://①②⑦.⓪.⓪.①:{port}/', leadsTo: `${loopback}, in circled digits` },
    { url: 'https://𝟏𝟐𝟕.𝟎.𝟎.𝟏:{port}/', leadsTo: `${loopback}, in mathematical digits` },
    { url: 'https://０ｘ７ｆ.1:{port}/', leadsTo: `${loopback}, in full-width hexadecimal` },
    { url: 'https://127。0。0。1:{port}/', leadsTo: `${loopback}, with ideographic dots` },
    { url: 'https://127．0．0．1:{port}/', leadsTo: `${loopback}, with full-width dots` },
    { url: 'https://127｡0｡0｡1:{port}/', leadsTo: `${loopback}, with half-width ideographic dots` },
    { url: 'https://%31%32%37.0.0.1:{port}/', leadsTo: `${loopback}, percent-encoded` },
    { url: 'https://127.0.0.1%E2%80%8B:{port}/', leadsTo: `${loopback}, with a zero-width space` },
    { url: 'https://127.0.0.1\u00ad:{port}/', leadsTo: `${loopback}, with a soft hyphen` },
    { url: 'https://127.0.0.1%00.shop.example:{port}/', leadsTo: 'loopback, in programs that end at NUL' },
    { url: 'https://127.0.0.1%0d%0a:{port}/', leadsTo: 'loopback, with a line break' },
    { url: 'https://١٢٧.٠.٠.١:{port}/', leadsTo: 'loopback, in Arabic digits, where they are read' },
    { url: 'https://12\t7.0.0.1:{port}/', leadsTo: `${loopback}, with a tab` },
    { url: ' https://127.0.0.1:{port}/', leadsTo: `${loopback}, behind a blank` },
    { url: 'HTTPS://127.0.0.1:{port}/', leadsTo: `${loopback}, in capitals` },
    { url: 'https:127.0.0.1:{port}/', leadsTo: `${loopback}, without slashes` },
    { url: 'https:\\\\127.0.0.1:{port}\\', leadsTo: `${loopback}, with backslashes` },
    { url: 'https:////127.0.0.1:{port}/', leadsTo: `${loopback}, with more slashes` },
  ],
  IPv6: [
    { url: 'https://[::1]:{port}/', leadsTo: 'loopback' },
    { url: 'https://[0:0:0:0:0:0:0:1]:{port}/', leadsTo: 'loopback, in full' },
    { url: 'https://[0000:0000:0000:0000:0000:0000:0000:0001]:{port}/', leadsTo: 'loopback, with all zeros' },
    { url: 'https://[::]:{port}/', leadsTo: 'this machine, on Linux' },
    { url: 'https://[::ffff:127.0.0.1]:{port}/', leadsTo: `${loopback}, mapped` },
    { url: 'https://[::ffff:7f00:1]:{port}/', leadsTo: `${loopback}, mapped, in hexadecimal` },
    { url: 'https://[0:0:0:0:0:FFFF:7F00:0001]:{port}/', leadsTo: `${loopback}, mapped, in full` },
    { url: 'https://[::ffff:10.0.0.1]:{port}/', leadsTo: '10.0.0.1, mapped' },
    { url: 'https://[::ffff:a9fe:a9fe]/', leadsTo: `${metadata}, mapped` },
    { url: 'https://[::ffff:0:127.0.0.1]:{port}/', leadsTo: `${loopback}, translated (RFC 2765)` },
    { url: 'https://[::127.0.0.1]:{port}/', leadsTo: `${loopback}, IPv4-compatible` },
    { url: 'https://[64:ff9b::7f00:1]:{port}/', leadsTo: `${loopback}, behind NAT64` },
    { url: 'https://[64:ff9b::169.254.169.254]/', leadsTo: `${metadata}, behind NAT64` },
    { url: 'https://[64:ff9b:1::a00:1]:{port}/', leadsTo: '10.0.0.1, behind a local NAT64 (RFC 8215)' },
    { url: 'https://[2002:7f00:1::]:{port}/', leadsTo: `${loopback}, inside 6to4` },
    { url: 'https://[2002:a00:1::1]:{port}/', leadsTo: '10.0.0.1, inside 6to4' },
    { url: 'https://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{port}/', leadsTo: `${loopback}, inside Teredo` },
    { url: 'https://[fe80::1]:{port}/', leadsTo: 'the local link' },
    { url: 'https://[fe80::1%25eth0]:{port}/', leadsTo: 'the local link, with a zone' },
    { url: 'https://[fd00:ec2::254]/', leadsTo: 'AWS’ metadata service' },
    { url: 'https://[fc00::1]:{port}/', leadsTo: 'a private network (ULA)' },
    { url: 'https://[fec0::1]:{port}/', leadsTo: 'a private network (site-local)' },
    { url: 'https://[ff02::1]:{port}/', leadsTo: 'multicast' },
    { url: 'https://[2001:db8::1]:{port}/', leadsTo: 'documentation' },
    { url: 'https://[4000::1]:{port}/', leadsTo: 'nothing that is assigned yet' },
  ],
  'Parts of a URL that mislead': [
    { url: 'https://shop.example@127.0.0.1:{port}/', leadsTo: `${loopback}; the name is a user` },
    { url: 'https://shop.example:443@127.0.0.1:{port}/', leadsTo: `${loopback}; the name is a user with a password` },
    { url: 'https://user:secret@shop.example:{port}/', leadsTo: 'where it says, with a password' },
    { url: 'https://127.0.0.1:{port}#@shop.example/', leadsTo: `${loopback}; the rest is a fragment` },
    { url: 'https://127.0.0.1:{port}?@shop.example/', leadsTo: `${loopback}; the rest is a query` },
    { url: 'https://127.0.0.1:{port}\\@shop.example/', leadsTo: `${loopback}; the backslash is a slash` },
    { url: 'https://127.0.0.1:22/', leadsTo: 'another service of this machine' },
    { url: 'https://localhost:65535/', leadsTo: 'another service of this machine' },
    { url: 'http://shop.example:{port}/', leadsTo: 'where it says, without TLS' },
    { url: 'ftp://127.0.0.1:{port}/', leadsTo: 'loopback, by another protocol' },
    { url: 'file:///etc/passwd', leadsTo: 'a file' },
    { url: 'gopher://127.0.0.1:{port}/', leadsTo: 'loopback, by a protocol that can say anything' },
    { url: 'unix:/var/run/docker.sock', leadsTo: 'a socket' },
    { url: '//127.0.0.1:{port}/', leadsTo: 'loopback, by the protocol of whoever reads it' },
    { url: 'https:///127.0.0.1:{port}/', leadsTo: `${loopback}, with an empty host` },
  ],
  'Names that lead inside': [
    { url: 'https://localhost:{port}/', leadsTo: 'loopback' },
    { url: 'https://LOCALHOST:{port}/', leadsTo: 'loopback' },
    { url: 'https://localhost.:{port}/', leadsTo: 'loopback' },
    { url: 'https://shop.localhost:{port}/', leadsTo: 'loopback' },
    { url: 'https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/', leadsTo: 'loopback, in circled letters' },
    { url: 'https://%6c%6f%63%61%6c%68%6f%73%74:{port}/', leadsTo: 'loopback, percent-encoded' },
    { url: 'https://localhost.localdomain:{port}/', leadsTo: 'loopback' },
    { url: 'https://metadata.google.internal/computeMetadata/v1/', leadsTo: 'Google’s metadata service' },
    { url: 'https://METADATA.GOOGLE.INTERNAL./', leadsTo: 'the same' },
    { url: 'https://metadata/', leadsTo: 'the same, by its short name' },
    { url: 'https://instance-data.ec2.internal/latest/', leadsTo: 'AWS’ metadata service' },
    { url: 'https://host.docker.internal:{port}/', leadsTo: 'the machine that runs the container' },
    { url: 'https://kubernetes.default.svc/', leadsTo: 'the API of a Kubernetes cluster' },
    { url: 'https://redis.shop.svc.cluster.local:6379/', leadsTo: 'a service in a Kubernetes cluster' },
    { url: 'https://printer.local/', leadsTo: 'the local link' },
    { url: 'https://router.home.arpa/', leadsTo: 'a home network' },
    { url: 'https://payroll.corp/', leadsTo: 'an office network' },
    { url: 'https://postgres:5432/', leadsTo: 'a neighbour, by a search domain' },
    { url: 'https://xn--127-0-0-1:{port}/', leadsTo: 'nowhere; no name of one word is public' },
  ],
  'Answers of the DNS': [
    { url: 'https://to-loopback.example:{port}/', leadsTo: loopback, dns: always(loopback) },
    { url: 'https://to-private.example:{port}/', leadsTo: '10.0.0.1', dns: always('10.0.0.1') },
    { url: 'https://169-254-169-254.nip.example/', leadsTo: metadata, dns: always(metadata) },
    { url: 'https://to-six.example:{port}/', leadsTo: 'loopback', dns: always('::1') },
    { url: 'https://to-ula.example:{port}/', leadsTo: 'a private network (ULA)', dns: always('fd12:3456::1') },
    { url: 'https://to-mapped.example:{port}/', leadsTo: `${loopback}, mapped`, dns: always('::ffff:127.0.0.1') },
    {
      url: 'https://to-nat64.example:{port}/',
      leadsTo: `${metadata}, behind NAT64`,
      dns: always('64:ff9b::a9fe:a9fe'),
    },
    {
      url: 'https://mixed.example:{port}/',
      leadsTo: `${publicAddress} or ${loopback}`,
      dns: always(publicAddress, loopback),
    },
    {
      url: 'https://mixed-six.example:{port}/',
      leadsTo: `${publicAddress}, or loopback by IPv6`,
      dns: always(publicAddress, '::1'),
    },
    {
      url: 'https://alias.example:{port}/',
      leadsTo: `${loopback}, through a CNAME`,
      dns: { ...always(loopback), through: 'CNAME' },
    },
    {
      url: 'https://alias-metadata.example/',
      leadsTo: `${metadata}, through a CNAME`,
      dns: { ...always(metadata), through: 'CNAME' },
    },
  ],
  'Answers of the DNS that change': [
    { url: 'https://rebinding.example:{port}/', leadsTo: `${loopback}, later`, dns: rebound(loopback) },
    { url: 'https://rebinding-metadata.example/', leadsTo: `${metadata}, later`, dns: rebound(metadata) },
    { url: 'https://rebinding-six.example:{port}/', leadsTo: 'loopback by IPv6, later', dns: rebound('::1') },
    {
      url: 'https://rebinding-mixed.example:{port}/',
      leadsTo: `${publicAddress} or ${loopback}, later`,
      dns: rebound(publicAddress, loopback),
    },
    {
      url: 'https://rebinding-alias.example:{port}/',
      leadsTo: `${loopback}, later, through a CNAME`,
      dns: { ...rebound(loopback), through: 'CNAME' },
    },
  ],
  Redirects: ([301, 302, 303, 307, 308] as const).map((redirect) => ({
    url: 'https://shop.example/',
    leadsTo: 'http://127.0.0.1:{port}/',
    redirect,
  })),
}
