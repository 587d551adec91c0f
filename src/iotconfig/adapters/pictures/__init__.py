"""Pictures from the web (httpcore), shrunk (Pillow), for LVGL."""
