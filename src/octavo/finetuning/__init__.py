"""Fine-tuning: conversations, and the examples that teach them."""

from octavo.finetuning.messages import (
    Conversation,
    Message,
    read_conversations,
    write_conversations,
)
from octavo.finetuning.rendering import Rendered, render, render_prompt

__all__ = [
    "Conversation",
    "Message",
    "Rendered",
    "read_conversations",
    "render",
    "render_prompt",
    "write_conversations",
]
