"""Gradio's theme in the page's colours; everything that a theme cannot say is in styles.css."""

import gradio as gr


def make_theme() -> gr.themes.Base:
    """Make the theme: IBM Plex from gradio's own files, indigo, slate, small corners."""
    font = gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700))
    theme = gr.themes.Base(
        primary_hue="indigo",
        neutral_hue="slate",
        radius_size="sm",
        font=[font, "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    return theme.set(
        body_background_fill="white",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_800",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        input_border_width="1px",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        button_primary_background_fill="#3730a3",
        button_primary_background_fill_hover="#4338ca",
        button_primary_background_fill_dark="#4f46e5",
        button_primary_background_fill_hover_dark="#4338ca",
        button_primary_text_color="white",
        button_secondary_background_fill="*neutral_200",
        button_secondary_background_fill_hover="*neutral_300",
        button_secondary_background_fill_dark="*neutral_700",
        button_secondary_background_fill_hover_dark="*neutral_600",
        button_secondary_text_color="*neutral_900",
        button_secondary_text_color_dark="*neutral_50",
        checkbox_border_color="*neutral_500",
        checkbox_border_color_dark="*neutral_400",
        block_shadow="none",
        block_shadow_dark="none",
    )
