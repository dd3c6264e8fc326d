"""Fuzzers, guided by coverage: ``make fuzz``.

``targets.py`` has what is fuzzed: a function of bytes for each, which raises only if something is
wrong. ``seeds/TARGET/`` has what each begins with. What one finds goes to ``findings/TARGET/``
and is a test from then on. atheris (extra ``fuzz``) mutates and looks at coverage; where it cannot
be installed, inputs are mutated at random.
"""
