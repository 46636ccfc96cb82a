/* Switches the baseline and filters by model; without it the page shows the baseline it was written
 * with, and all. The rule for a verdict is that of dam__verdict_of (compare/comparison.c). */
(function () {
    'use strict';
    var LEAST = 0.03;
    var controls = document.querySelector('.controls');
    var select = document.getElementById('baseline');
    var buttons = Array.prototype.slice.call(controls.querySelectorAll('button'));
    var groups = Array.prototype.slice.call(document.querySelectorAll('[data-group]'));

    function members(group) {
        return Array.prototype.slice.call(group.querySelectorAll('[data-c]'));
    }

    function number(text) {
        return text === undefined || text === '' ? NaN : Number(text);
    }

    function ratioText(ratio) {
        var digits = ratio >= 100 ? 0 : ratio >= 10 ? 1 : ratio >= 0.1 ? 2 : 4;
        return ratio.toFixed(digits) + '\u00d7';
    }

    function verdict(ratio, base, own) {
        var spread = (number(base.dataset.s) || 0) + (number(own.dataset.s) || 0);
        var allowed = 1 + Math.max(LEAST, spread);
        return ratio > allowed ? 'faster' : ratio < 1 / allowed ? 'slower' : 'same';
    }

    function compare(group, baseline) {
        var direction = Number(group.dataset.group);
        var all = members(group);
        var base = all.filter(function (m) { return Number(m.dataset.c) === baseline; })[0];
        all.forEach(function (own) {
            var out = own.querySelector('.ratio');
            var a = base ? number(base.dataset.v) : NaN, b = number(own.dataset.v);
            var ratio = direction === 0 ? NaN : direction > 0 ? b / a : a / b;
            var word = '';
            if (isFinite(ratio) && ratio > 0) {
                word = own === base ? 'is-base' : verdict(ratio, base, own);
            }
            own.classList.remove('faster', 'slower', 'same', 'is-base');
            if (own === base) {
                own.classList.add('is-base');
            } else if (word) {
                own.classList.add(word);
            }
            own.dataset.ratio = word ? String(ratio) : '';
            if (out) {
                out.textContent = !word ? '' : own === base ? 'baseline' : ratioText(ratio);
                out.title = word && own !== base ? word : '';
            }
        });
    }

    function means() {
        Array.prototype.forEach.call(document.querySelectorAll('[data-mean]'), function (cell) {
            var sum = 0, count = 0;
            Array.prototype.forEach.call(
                document.querySelectorAll('#summary tr:not([hidden]) [data-c="' + cell.dataset.mean + '"]'),
                function (own) {
                    var ratio = number(own.dataset.ratio);
                    if (ratio > 0) {
                        sum += Math.log(ratio);
                        count += 1;
                    }
                });
            cell.textContent = count > 0 ? ratioText(Math.exp(sum / count)) : '';
        });
    }

    function update() {
        var baseline = Number(select.value);
        groups.forEach(function (group) { compare(group, baseline); });
        means();
    }

    function filter(kind) {
        Array.prototype.forEach.call(document.querySelectorAll('[data-kind]'), function (part) {
            part.toggleAttribute('hidden', kind !== '' && part.dataset.kind !== kind);
        });
        buttons.forEach(function (b) {
            b.setAttribute('aria-pressed', String(b.dataset.filter === kind));
        });
        means();
    }

    select.addEventListener('change', update);
    buttons.forEach(function (b) {
        b.addEventListener('click', function () { filter(b.dataset.filter); });
    });
    controls.hidden = false;
    update();
}());
