"""The set-up of a session in the SDK's words, within what the model's profile allows."""

from typing import Any

from google.genai import types

from kiosk.core.live import SessionHandle, SessionSetup, ToolDeclaration
from kiosk.core.profiles import profile_of


def live_config(setup: SessionSetup, handle: SessionHandle | None) -> types.LiveConnectConfig:
    """Say in the SDK's words how the session shall be, within the model's profile.

    Manual activity marks, both transcriptions, a sliding window (no 15 minute limit) and
    resumption, always (Live API: capabilities and session management guides).
    """
    profile = profile_of(setup.model)
    in_words = setup.text_replies and profile.text_replies
    behavior = types.Behavior.BLOCKING if profile.blocking_tools else None
    thinking = None
    if profile.thinking_level:
        level = types.ThinkingLevel(profile.thinking_level.upper())
        thinking = types.ThinkingConfig(thinking_level=level)
    tools: list[Any] = []
    if setup.tools:
        declared = [_declaration(tool, behavior) for tool in setup.tools]
        tools.append(types.Tool(function_declarations=declared))
    return types.LiveConnectConfig(
        response_modalities=[types.Modality.TEXT if in_words else types.Modality.AUDIO],
        speech_config=None if in_words else _voice(setup.voice),
        thinking_config=thinking,
        system_instruction=setup.instruction or None,
        tools=tools or None,
        session_resumption=types.SessionResumptionConfig(handle=handle),
        input_audio_transcription=types.AudioTranscriptionConfig(),
        output_audio_transcription=None if in_words else types.AudioTranscriptionConfig(),
        realtime_input_config=types.RealtimeInputConfig(
            automatic_activity_detection=types.AutomaticActivityDetection(disabled=True),
            activity_handling=types.ActivityHandling.START_OF_ACTIVITY_INTERRUPTS,
            turn_coverage=types.TurnCoverage.TURN_INCLUDES_ONLY_ACTIVITY,
        ),
        context_window_compression=types.ContextWindowCompressionConfig(
            sliding_window=types.SlidingWindow()
        ),
    )


def _voice(name: str) -> types.SpeechConfig:
    return types.SpeechConfig(
        voice_config=types.VoiceConfig(
            prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name=name)
        )
    )


def _declaration(
    tool: ToolDeclaration, behavior: types.Behavior | None
) -> types.FunctionDeclaration:
    # Plain OpenAPI ``parameters`` are taken by every model; a raw JSON schema is not.
    schema = types.JSONSchema.model_validate(dict(tool.parameters))
    return types.FunctionDeclaration(
        name=tool.name,
        description=tool.description,
        parameters=types.Schema.from_json_schema(json_schema=schema),
        behavior=behavior,
    )
