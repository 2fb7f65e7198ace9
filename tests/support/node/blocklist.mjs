// Random rules and addresses, and the results of Node's net.BlockList for them.
// node blocklist.mjs SEED FOLDER   writes FOLDER/rules, in the order added, addresses, answers
// ("ADDRESS<TAB>blocked|allowed", each address against each rule alone and against all), texts
import { writeFileSync } from 'node:fs';
import { BlockList } from 'node:net';

const [seed, folder] = process.argv.slice(2);
let state = Number(seed);
const random = (n) => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
const pick = (list) => list[random(list.length)];

// Few addresses, close together and at the edges of the mapped range, so that many match.
const ipv4 = () => `${pick([0, 10, 10, 255])}.0.${pick([0, 0, 255])}.${random(16)}`;
const ipv6 = () =>
  pick([
    () => `::ffff:${ipv4()}`,
    () => `::${ipv4()}`,
    () => `::${random(16).toString(16)}`,
    () => `::fffe:ffff:fff${random(16).toString(16)}`,
    () => `::1:0:0:${random(16).toString(16)}`,
    () => `2001:DB8::${random(16).toString(16)}:0:${random(2)}`,
    () => `fe80::${random(16).toString(16)}%lo`,
  ])();

const rules = [];
const all = new BlockList();
const singles = [];
while (rules.length < 60) {
  const family = pick(['ipv4', 'ipv6']);
  const address = family === 'ipv4' ? ipv4 : ipv6;
  const [first, last] = [address(), address()];
  const prefix = random(family === 'ipv4' ? 33 : 129);
  const [text, add] = pick([
    [first, (list) => list.addAddress(first, family)],
    [`${first}-${last}`, (list) => list.addRange(first, last, family)],
    [`${first}/${prefix}`, (list) => list.addSubnet(first, prefix, family)],
  ]);
  const single = new BlockList();
  try {
    add(single);
  } catch {
    continue; // a range that ends before it begins
  }
  add(all);
  singles.push(single);
  rules.push(text);
}
const addresses = Array.from({ length: 400 }, () => pick([ipv4, ipv6])());
const family = (address) => (address.includes(':') ? 'ipv6' : 'ipv4');
// The matching rule is the first one, in the order added, that matches alone; the list agrees.
const answers = addresses.map((address) => {
  const index = singles.findIndex((list) => list.check(address, family(address)));
  if (index >= 0 !== all.check(address, family(address))) throw new Error(`Node disagrees with itself on ${address}`);
  return index < 0 ? `${address}\tallowed\t-` : `${address}\tblocked\t${singles[index].rules[0]}`;
});
const write = (name, lines) => writeFileSync(`${folder}/${name}`, lines.join('\n') + '\n');
write('rules', rules);
write('addresses', addresses);
write('answers', answers);
write('texts', all.rules);
