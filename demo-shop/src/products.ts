/** The shop's whole range. Prices are in the minor unit of the shop's one currency. */
export const shopCurrency = 'EUR'

export type ProductId = (typeof products)[number]['id']
export type Product = (typeof products)[number]

export const products = [
  {
    id: 'morning-cup',
    name: 'Morning cup',
    price: 2800,
    glaze: 'Oat over iron',
    holds: '240 ml',
    story:
      'Thrown thin at the lip and heavy at the foot, so that it sits well in a sleepy hand. No handle: when it is too hot to hold, it is too hot to drink.',
  },
  {
    id: 'hearth-teapot',
    name: 'Hearth teapot',
    price: 9600,
    glaze: 'Celadon',
    holds: '750 ml',
    story:
      'A round belly for leaves that want room. The spout was cut five times before it stopped dripping; it does not drip.',
  },
  {
    id: 'deep-bowl',
    name: 'Deep bowl',
    price: 4200,
    glaze: 'Tenmoku',
    holds: '900 ml',
    story:
      'For noodles, soups and the kind of salad that is a meal. The dark glaze breaks to rust where it runs thin over the rim.',
  },
  {
    id: 'field-vase',
    name: 'Field vase',
    price: 7400,
    glaze: 'Blue ash',
    holds: 'Seven stems',
    story: 'A narrow neck that keeps three stalks of anything standing as if they had grown there.',
  },
  {
    id: 'salt-plate',
    name: 'Salt plate',
    price: 3400,
    glaze: 'Chalk',
    holds: '24 cm',
    story: 'Flat where it should be and raised where the sauce would leave. Stacks without a sound.',
  },
  {
    id: 'pouring-jug',
    name: 'Pouring jug',
    price: 5200,
    glaze: 'Rust and bare clay',
    holds: '600 ml',
    story: 'Milk, water, batter, flowers. The handle was pulled while the clay still remembered being mud.',
  },
] as const

export function findProduct(id: string): Product | undefined {
  return products.find((product) => product.id === id)
}

const money = new Intl.NumberFormat('en-IE', { style: 'currency', currency: shopCurrency })

/** `2800` → `€28.00`. The shop sells in euro only, whose minor unit is a hundredth. */
export function formatPrice(minorUnits: number): string {
  return money.format(minorUnits / 100)
}
