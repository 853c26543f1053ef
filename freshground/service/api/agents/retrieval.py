"""What a knowledge base's `retrieve` asks for: the request, checked field by field.

Without a language model there is nothing to plan a query from a conversation or to write an
answer with, so only intents are taken, and what was found is returned as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.service.api.errors import ApiError
from freshground.service.api.queries.parameters import Parameters, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

INTENTS = 16
TEXT = 10_000
"""Characters of an intent."""
OUTPUT_TOKENS = 5_000
"""How long the answer may be where the caller does not say."""
MOST_OUTPUT_TOKENS = 200_000
RUNTIME_S = 20
MOST_RUNTIME_S = 600

_MODEL = (
    "No language model is served here. Send 'intents': "
    '[{"type": "semantic", "search": "the question in plain words"}].'
)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """One retrieval: what is looked for, in which rows, and how much may come back.

    `output_tokens` bounds the text of the answer in cl100k_base tokens, `runtime_s` the seconds
    after which no further intent is begun.
    """

    intents: tuple[str, ...]
    where: str | None = None
    output_tokens: int = OUTPUT_TOKENS
    runtime_s: int = RUNTIME_S
    activity: bool = False
    references: bool = True
    source_data: bool = True


def read_retrieval(body: Mapping[str, Any], source: str) -> Retrieval:
    """Return what a request's body asks of the knowledge source named so.

    ApiError 400 names what is wrong, and what needs a language model or a cross-encoder.
    """
    asked = Parameters(body)
    _refuse_models(asked)
    intents = _intents(asked.take("intents"))
    runtime = asked.whole("maxRuntimeInSeconds", 1, MOST_RUNTIME_S)
    sizes = [  # the second is the name in previews
        asked.whole(name, 1, MOST_OUTPUT_TOKENS)
        for name in ("maxOutputSizeInTokens", "maxOutputSize")
    ]
    activity = asked.flag("includeActivity")
    params = _params(asked.take("knowledgeSourceParams"), source)
    asked.close("A retrieval")
    found = Retrieval(
        intents,
        where=params.text("filterAddOn"),
        output_tokens=min((size for size in sizes if size is not None), default=OUTPUT_TOKENS),
        runtime_s=RUNTIME_S if runtime is None else runtime,
        activity=activity,
        references=params.flag("includeReferences", default=True),
        source_data=params.flag("includeReferenceSourceData", default=True),
    )
    params.flag("alwaysQuerySource")  # the one source always is
    params.close("A knowledge source")
    return found


def _refuse_models(asked: Parameters) -> None:
    if asked.take("messages"):
        raise _no_model("'messages' need a language model.")
    if (asked.text("outputMode") or "extractiveData").lower() != "extractivedata":
        raise _no_model("'outputMode' has to be extractiveData.")
    effort = asked.take("retrievalReasoningEffort")
    if effort is not None and not (isinstance(effort, dict) and effort.get("kind") == "minimal"):
        raise _no_model("'retrievalReasoningEffort' has to be of the kind minimal.")


def _no_model(said: str) -> ApiError:
    return ApiError(400, "LanguageModelUnavailable", f"{said} {_MODEL}")


def _intents(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not given:
        raise invalid("intents", "is no list, or an empty one", "Send at least one.")
    if len(given) > INTENTS:
        raise invalid("intents", f"holds {len(given)} intents", f"{INTENTS} is the most.")
    found: list[str] = []
    for each in given:
        if not isinstance(each, dict):
            raise invalid("intents", "holds what is no object")
        intent = Parameters(each)
        if intent.text("type") not in (None, "semantic"):
            raise invalid("intents", "holds an intent of another type than semantic")
        text = intent.text("search") or ""
        intent.close("An intent")
        if not text.strip() or len(text) > TEXT:
            raise invalid("search", "of an intent is empty or long", f"1 to {TEXT} characters.")
        found.append(text)
    return tuple(dict.fromkeys(found))


def _params(given: Any, source: str) -> Parameters:
    if given is None or given == []:
        return Parameters({})
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
        raise invalid(
            "knowledgeSourceParams", "is no list of one object", "There is one source, this index."
        )
    params = Parameters(given[0])
    if params.text("kind") not in (None, "searchIndex"):
        raise invalid("kind", "of a knowledge source is not searchIndex")
    if params.text("knowledgeSourceName") not in (None, source):
        raise ApiError(
            400,
            "UnknownKnowledgeSource",
            f"This knowledge base has one source, {source!r}. Name that, or none.",
        )
    if params.take("rerankerThreshold") is not None:
        raise ApiError(
            400,
            "SemanticRankingUnavailable",
            "'rerankerThreshold' needs the scores of a cross-encoder, which retrieval does not "
            "use. Leave it out.",
        )
    return params
