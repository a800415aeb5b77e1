// The page reads without this: here tables of tensors are searched, sorted and paged, and wide diagrams begin in the middle.
(() => {
  'use strict';
  const canvas = document.querySelector('.canvas');
  const blocks = [...(canvas?.querySelectorAll('.block') ?? [])].map((block) => block.getBoundingClientRect());
  if (blocks.length === 0) return;
  const at = blocks.reduce((widest, block) => (block.width > widest.width ? block : widest));
  canvas.scrollLeft = at.left + at.width / 2 - canvas.getBoundingClientRect().left - canvas.clientWidth / 2;
})();

(() => {
  'use strict';
  const FIRST = 60;
  const PAGE = 200;
  const data = document.getElementById('tensor-data');
  const table = document.getElementById('tensor-table');
  if (!data || !table) return;
  const { roles, types, shapes, operators, rows: coded } = JSON.parse(data.textContent);
  let before = '';
  const rows = coded.map(([shared, rest, role, type, shape, bytes, operator, ofName, ofNode]) => {
    before = before.slice(0, shared) + rest;
    const node = before.slice(0, ofName) + ofNode;
    return { name: before, role: roles[role], type: types[type], shape: shapes[shape], bytes, operator: operators[operator], node };
  });
  const section = table.closest('section');
  const form = section.querySelector('form.filter');
  const output = form.querySelector('output');
  const more = section.querySelector('button.more');
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const keys = ['name', 'role', 'type', 'shape', 'bytes', 'operator'];
  const state = { text: '', role: '', column: -1, isDescending: false, shown: FIRST };
  let found = rows;

  const formatBytes = (bytes) => {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let value = bytes;
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit += 1;
    }
    return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
  };

  const cell = (tag, text, className) => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  const rowOf = ({ name, role, type, shape, bytes, operator, node }) => {
    const row = document.createElement('tr');
    const head = document.createElement('th');
    head.scope = 'row';
    head.append(cell('bdi', name, 'name'));
    const maker = document.createElement('td');
    if (operator) maker.append(cell('bdi', operator, 'name'), ' ', cell('small', node, 'name'));
    const size = bytes === null ? '–' : formatBytes(bytes);
    row.append(head, cell('td', role), cell('td', type), cell('td', shape, 'shape'), cell('td', size, 'count'), maker);
    return row;
  };

  const matches = ({ name, role, type, shape, operator, node }, words) => {
    if (state.role && role !== state.role) return false;
    const line = `${name} ${type} ${shape} ${operator} ${node}`.toLowerCase();
    return words.every((word) => line.includes(word));
  };

  const compare = (a, b) => {
    const [x, y] = [a, b].map((row) => row[keys[state.column]] ?? -1);
    const order = x < y ? -1 : x > y ? 1 : 0;
    return state.isDescending ? -order : order;
  };

  const show = () => {
    body.replaceChildren(...found.slice(0, state.shown).map(rowOf));
    output.textContent = found.length === rows.length ? `${rows.length} tensors` : `${found.length} of ${rows.length} tensors`;
    const left = found.length - state.shown;
    more.hidden = left <= 0;
    more.textContent = `Show ${Math.min(left, PAGE)} more of ${left}`;
  };

  const search = () => {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter((row) => matches(row, words));
    if (state.column >= 0) found = [...found].sort(compare);
    state.shown = FIRST;
    show();
  };

  const sortBy = (column) => {
    // Bytes are wanted from the largest down, names from A up.
    if (state.column !== column) [state.column, state.isDescending] = [column, column === 4];
    else state.isDescending = !state.isDescending;
    for (const [index, head] of heads.entries()) {
      if (index === column) head.setAttribute('aria-sort', state.isDescending ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
    search();
  };

  for (const [column, head] of heads.entries()) {
    const button = cell('button', head.textContent);
    button.type = 'button';
    button.addEventListener('click', () => sortBy(column));
    head.replaceChildren(button);
  }
  let timer = 0;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.elements.text.addEventListener('input', (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      state.text = event.target.value;
      search();
    }, 120);
  });
  form.elements.role.addEventListener('change', (event) => {
    state.role = event.target.value;
    search();
  });
  more.addEventListener('click', () => {
    state.shown += PAGE;
    show();
  });
  section.querySelector('.more-rows')?.remove();
  form.hidden = false;
  show();
})();
