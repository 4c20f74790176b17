"""Smoothing methods, one module each with `estimate(counts, **options) -> Arpa`.

They follow S. F. Chen and J. Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling", TR-10-98,
Harvard University, 1998, in its notation: c(hw) is how often the word w follows the context h, c(h) = Σ_w c(hw),
N1+(h·) is the number of different words after h, h' is h without its oldest word. All methods but maximum likelihood
end, below the 1-grams, at the uniform distribution 1/V over the V words of the vocabulary: `</s>` and `<unk>` are among
them, `<s>` is not.
"""
