"""A cross-encoder of a few kilobytes, made when a test runs: random weights, real inference."""

from __future__ import annotations

from pathlib import Path

WORDS = "storm water theft flood claim claims under it are reported within days the of policy a ."


def save(folder: Path, outputs: int = 1) -> Path:
    """Write a BERT of one layer with `outputs` outputs into a folder."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir(parents=True)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [chr(c) for c in range(97, 123)]
    words = dict.fromkeys([*special, *WORDS.split(), *letters, *(f"##{c}" for c in letters)])
    (folder / "vocab.txt").write_text("\n".join(words))
    tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"))
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=outputs,
        initializer_range=1.0,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
